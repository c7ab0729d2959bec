/** @file What figures must get right whatever they look like: the numbers in them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { barChart } from "../../src/figures/bar-chart";
import { boxPlot } from "../../src/figures/box-plot";
import { lengthDistribution } from "../../src/figures/length-distribution";
import { lossCurve } from "../../src/figures/loss-curve";
import {
  PUBLISHED_COLOURS,
  runStyle,
  SEQUENCE,
  SIDE_COLOURS,
  scoreStyle,
  sourceStyle,
  VARIANT_COLOURS,
  WORLD_STYLES,
} from "../../src/figures/palette";
import { figure2, figure3, figure4, figure5, figure6 } from "../../src/figures/paper-figures";
import { scoreRows, withCorrectedReading } from "../../src/results/frame";
import { FIRST_PUBLISHED, modelScores, publishedBeside } from "../../src/results/model-scores";
import { openResults } from "../../src/results/open-results";
import type { Variant } from "../../src/results/schema";
import { zTable } from "../../src/stats/z-table";
import { fixtureRuns } from "../support/fixture-runs";

const words = { title: "t", alt: "a", caption: "c" };
const style = runStyle("wide", "base");

test("z-scores of a task have mean 0 over the models, baselines included when asked for", () => {
  const rows = scoreRows(fixtureRuns());
  const published = [{ model: "p", task: "blimp", metric: "accuracy" as const, value: 0.99, source: "" }];
  const ours = modelScores(rows);
  for (const set of [ours, [...ours, ...publishedBeside(ours, published)]]) {
    const { scores: z } = zTable(set, "sample");
    for (const task of new Set(z.map((s) => s.task))) {
      const members = z.filter((s) => s.task === task);
      assert.ok(Math.abs(members.reduce((sum, s) => sum + s.z, 0)) < 1e-9, task);
    }
  }
});

test("a published number under another metric is not drawn", () => {
  const ours = modelScores(scoreRows(fixtureRuns()));
  const beside = publishedBeside(ours, [{ model: "p", task: "wug_adj", metric: "accuracy", value: 0.5, source: "" }]);
  assert.deepEqual(beside, []);
});

test("reading without the blank has no published bars beside it; reading with the blank has", () => {
  const real = openResults("study");
  const drawn = (rows: typeof real.rows) =>
    publishedBeside(modelScores(rows), real.baselines).filter((s) => s.task.startsWith("reading")).length;
  assert.equal(drawn(real.rows), 0);
  const corrected = withCorrectedReading(real.rows, real.runs);
  assert.equal(corrected.length, real.rows.length);
  assert.ok(drawn(corrected) > 0);
  const wide = corrected.find((r) => r.runId === "wide-base" && r.task === "reading_eye_tracking");
  assert.ok(
    wide !== undefined && wide.value > 1 && wide.low <= wide.value && wide.value <= wide.high,
    `${wide?.value}`,
  );
});

test("seeds of one variant are averaged, with the smallest and largest as its whiskers", () => {
  const [one, two] = [fixtureRuns(1), fixtureRuns(2)];
  const value = (runs: typeof one) => runs[0].scores[0].value;
  const [score] = modelScores(scoreRows([...one, ...two])).filter((s) => s.task === "blimp");
  assert.equal(score.seeds, 2);
  assert.ok(Math.abs(score.value - (value(one) + value(two)) / 2) < 1e-12);
  assert.equal(score.low, Math.min(value(one), value(two)));
});

test("the box plot draws our quartiles and every value: 1 2 3 4 100 has the box [2, 4] and the outlier 100", () => {
  const values = [1, 2, 3, 4, 100].map((value) => ({ label: `v${value}`, value }));
  const [box, points] = boxPlot([{ name: "g", style, values }], { ...words, valueTitle: "v" }).data;
  assert.deepEqual([box.q1, box.median, box.q3], [[2], [3], [4]]);
  assert.deepEqual([box.lowerfence, box.upperfence], [[1], [4]]);
  assert.deepEqual(points.x, [1, 2, 3, 4, 100]);
});

test("the box plot refuses an empty group and a NaN, by name", () => {
  const draw = (values: { label: string; value: number }[]) =>
    boxPlot([{ name: "narrow base", style, values }], { ...words, valueTitle: "v" });
  assert.throws(() => draw([]), /"narrow base" has no values/);
  assert.throws(() => draw([{ label: "wug_past", value: Number.NaN }]), /"narrow base" is NaN at "wug_past"/);
});

test("fewer than five values have no box, only their dots and names", () => {
  const values = [1, 2, 3].map((value) => ({ label: `v${value}`, value }));
  const { data } = boxPlot([{ name: "g", style, values }], { ...words, valueTitle: "v", names: true });
  assert.deepEqual(
    data.map((d) => d.mode ?? d.type),
    ["markers", "text"],
  );
  assert.deepEqual(data[0].x, [1, 2, 3]);
  assert.deepEqual(data[1].text, ["v1", "v2", "v3"]);
});

test("names of dots do not overlap; a dot without room has no name", () => {
  const values = Array.from({ length: 12 }, (_, i) => ({ label: "a long name", value: 1 + i / 1000 }));
  const far = { label: "far", value: 2 };
  const { data } = boxPlot([{ name: "g", style, values: [...values, far] }], {
    ...words,
    valueTitle: "v",
    names: true,
  });
  const names = data.find((d) => d.mode === "text")?.text as string[];
  assert.equal(names.filter((n) => n === "a long name").length, 4); // two lines above the box and two below
  assert.ok(names.includes("far"));
});

test("all panels of a length distribution have one range and one width of bins", () => {
  const groups = [
    { panel: "short", name: "n", lengths: [1, 2, 3] },
    { panel: "long", name: "n", lengths: [100, 200, 300] },
  ];
  const { data, layout } = lengthDistribution(groups, { title: "t", upTo: 1 });
  assert.deepEqual((layout.xaxis as { range: number[] }).range, (layout.xaxis2 as { range: number[] }).range);
  assert.deepEqual(data[0].x, data[1].x);
});

test("a loss curve is drawn as logged, thin, and as its moving mean; a short one as logged alone", () => {
  const rows = Array.from({ length: 80 }, (_, i) => ({ step: i, lossNats: i % 2 }));
  const { data, layout } = lossCurve([{ name: "c", rows }], { title: "t", source: "s" });
  assert.deepEqual(
    data[0].y,
    rows.map((r) => r.lossNats),
  );
  const mean = data[1].y as number[];
  assert.ok(Math.abs(mean[40] - 2 / 3) < 1e-12, `${mean[40]}`); // of 1, 0, 1
  assert.equal(data[0].showlegend, false);
  assert.match(layout.meta.caption, /moving mean over 2.5 % of the curve/);
  assert.equal(lossCurve([{ name: "c", rows: rows.slice(0, 20) }], { title: "t", source: "s" }).data.length, 1);
});

test("captions name what is drawn: majority class only where there is one, chance only where there is one", () => {
  const rows = scoreRows(fixtureRuns());
  const caption = (figure: ReturnType<typeof figure2>) => figure.layout.meta.caption;
  assert.match(caption(figure2(rows, { source: "" })), /Dashed lines: chance\. Dotted lines: majority class/);
  assert.doesNotMatch(caption(figure4(rows, { source: "" })), /Dots/);
  const few = rows.filter((r) => ["rte", "wsc", "mnli"].includes(r.task));
  assert.match(caption(figure3(few, { source: "" })), /No boxes, because there are fewer than 5 tasks/);
});

test("seeds are named only where they are: figures of lengths and losses name the first", () => {
  const sample = openResults("sample");
  assert.match(sample.source, /3 seeds$/);
  assert.match(sample.firstSeedSource, /seed 42$/);
  assert.doesNotMatch(openResults("paper").source, /seed/);
});

test("no colour has two meanings, and a published model looks like no run of ours", () => {
  const colours = [
    ...Object.values(VARIANT_COLOURS),
    ...Object.values(SIDE_COLOURS),
    ...PUBLISHED_COLOURS,
    ...Object.values(WORLD_STYLES).map((w) => w.colour),
    ...["childes", "bnc_spoken", "gutenberg", "open_subtitles"].map((source) => sourceStyle(source).colour),
    ...SEQUENCE,
  ];
  assert.equal(new Set(colours).size, colours.length);
  const published = scoreStyle({ run: null, order: FIRST_PUBLISHED });
  for (const variant of Object.keys(VARIANT_COLOURS) as Variant[]) {
    assert.notEqual(published.pattern, runStyle("wide", variant).pattern);
    assert.notEqual(published.pattern, runStyle("narrow", variant).pattern);
  }
});

test("a length distribution sums to one, less what it says lies beyond the edge", () => {
  const lengths = [1, 1, 2, 3, 5, 8, 400];
  const all = lengthDistribution([{ panel: "p", name: "n", lengths }], { title: "t", upTo: 1 });
  const sum = (figure: typeof all) => (figure.data[0].y as number[]).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(sum(all) - 1) < 1e-12);
  const cut = lengthDistribution([{ panel: "p", name: "n", lengths }], { title: "t", upTo: 0.8 });
  assert.ok(Math.abs(sum(cut) - 5 / 7) < 1e-12);
  assert.match(cut.layout.meta.caption, /2 of 7 lengths lie beyond/);
});

test("labels from data cannot become markup", () => {
  const bars = barChart(
    [{ valueTitle: "v", categories: ["<b>x</b>"], series: [{ name: "<i>m</i>", style, bars: [] }] }],
    words,
  );
  assert.ok(!JSON.stringify(bars.data).includes("<i>"));
  assert.ok(!JSON.stringify(bars.layout.xaxis).includes("<b>"));
});

test("a curriculum keeps its colour in every figure, and each colour is used once", () => {
  assert.equal(new Set(Object.values(VARIANT_COLOURS)).size, Object.keys(VARIANT_COLOURS).length);
  const rows = scoreRows(fixtureRuns());
  const colourOf = (f: ReturnType<typeof figure6>) =>
    new Map(f.data.filter((d) => d.type === "box").map((d) => [d.name, (d.line as { color: string }).color]));
  assert.deepEqual(colourOf(figure5(rows, { source: "" })), colourOf(figure6(rows, { source: "" })));
});

test("every figure says in words what it shows", () => {
  const { alt, caption } = figure6(scoreRows(fixtureRuns()), { source: "invented" }).layout.meta;
  assert.match(alt, /over 15 tasks\. Medians: wide base −?\d/);
  assert.match(caption, /n = 15.*8 models.*sample standard deviation.*Source: invented/);
});
