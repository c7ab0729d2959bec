/** @file What figures must get right whatever they look like: the numbers in them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { barChart } from "../../src/figures/bar-chart";
import { boxPlot } from "../../src/figures/box-plot";
import { lengthDistribution } from "../../src/figures/length-distribution";
import { runStyle, VARIANT_COLOURS } from "../../src/figures/palette";
import { figure5, figure6 } from "../../src/figures/paper-figures";
import { scoreRows } from "../../src/results/frame";
import { modelScores, publishedBeside } from "../../src/results/model-scores";
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
  assert.equal(new Set(Object.values(VARIANT_COLOURS)).size, 6);
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
