/** @file Measures of texts, result tables and the words around pages: values by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { forgettingFigure } from "../../../src/figures/forgetting";
import { runStyle } from "../../../src/figures/palette";
import { zBoxes } from "../../../src/figures/z-boxes";
import {
  absentTable,
  headlineTable,
  partsTable,
  publishedTable,
  readingBaselineTable,
  replyLossTable,
} from "../../../src/notebook/display/result-tables";
import { PLOTLY_MIME } from "../../../src/notebook/display/show";
import { textMeasures } from "../../../src/notebook/display/text-measures";
import { figureHtml } from "../../../src/notebook/reports/figure-html";
import { inScript } from "../../../src/notebook/reports/page";
import { toPageLinks } from "../../../src/notebook/reports/write-report";
import { scoreRows } from "../../../src/results/frame";
import { fixtureRuns } from "../../support/fixture-runs";

const runs = fixtureRuns();

test("measures of two texts, counted by hand", () => {
  const m = textMeasures(["Is it a cat?", "The cat, the cat."]);
  assert.equal(m["words per text"], 4);
  assert.equal(m["share that ask"], 0.5);
  assert.equal(m["share of repeated words"], 2 / 8); // the second "the" and the second "cat"
  assert.equal(m["share of words of three letters or fewer"], 1);
  assert.throws(() => textMeasures(["..."]), /no word in 1 texts/);
});

test("the headline table has one row per task and one column per model", () => {
  const table = headlineTable(scoreRows(runs)) as Record<string, unknown>[];
  assert.equal(table.length, 15);
  assert.equal(table[0].task, "BLiMP");
  assert.equal(table[0]["wide base"], runs.find((r) => r.runId === "wide-base")?.scores[0].value);
});

test("parts of a task are the groups of its score; an unknown task is named", () => {
  assert.deepEqual(
    partsTable(runs, "blimp").map((r) => (r as Record<string, unknown>).part),
    ["blimp_one", "blimp_two"],
  );
  assert.throws(() => partsTable(runs, "blmp"), /no run was scored on "blmp"/);
});

test("tables of several seeds hold means", () => {
  const twice = runs.map((r) => ({
    ...r,
    seed: 2,
    validationLossNats: r.validationLossNats.map((v) => ({ ...v, source: "switchboard-replies", lossNats: 3 })),
    scores: r.scores.map((s) => ({ ...s, groups: s.groups.map((g) => ({ ...g, value: 0.5 })) })),
  }));
  const once = twice.map((r) => ({
    ...r,
    seed: 1,
    validationLossNats: r.validationLossNats.map((v) => ({ ...v, lossNats: 2 })),
    scores: r.scores.map((s) => ({ ...s, groups: s.groups.map((g) => ({ ...g, value: 1 })) })),
  }));
  const [losses] = replyLossTable([...once, ...twice]) as Record<string, number>[];
  assert.deepEqual([losses["Switchboard replies"], losses.seeds], [2.5, 2]);
  const [part] = partsTable([...once, ...twice], "blimp") as Record<string, number>[];
  assert.equal(part["wide base"], 0.75);
});

test("an absent task is listed once with its reason and the runs", () => {
  const absent = runs.map((r, i) => ({ ...r, absent: i < 8 ? [{ task: "aoa", why: "no files" }] : [] }));
  assert.deepEqual(absentTable(absent), [{ task: "age of acquisition", why: "no files", models: "all" }]);
});

test("forgetting names a missing run", () => {
  assert.throws(() => forgettingFigure(runs.slice(0, 1), { source: "" }), /wide-\S+ is missing/);
});

test("z-boxes compare within a measure only, and refuse a lonely value", () => {
  const style = runStyle("wide", "base");
  const at = (group: string, measure: string, value: number) => ({ group, style, measure, value });
  const options = { title: "t", dots: "d", source: "s", deviation: "population" as const };
  const measured = (measure: string, unit: number) => ["a", "b", "c"].map((g, i) => at(g, measure, unit * i));
  const drawn = JSON.stringify(zBoxes([...measured("x", 1), ...measured("y", 100)], options).data);
  assert.ok(drawn.includes(`[${-Math.sqrt(1.5)},${-Math.sqrt(1.5)}]`), drawn);
  assert.throws(() => zBoxes([at("a", "x", 1), at("b", "x", 2)], options), /"x" has fewer than 3 values/);
  assert.throws(() => zBoxes([at("a", "x", Number.NaN), at("b", "x", 1)], options), /"x" of "a" is NaN/);
});

test("links between notebooks become links between pages; other addresses are dropped", () => {
  assert.equal(toPageLinks("see [two](02-model-definition.ipynb)"), "see [two](02-model-definition.html)");
  assert.equal(toPageLinks("see [x](https://example.org) and [y](#part)"), "see x and [y](#part)");
  assert.equal(toPageLinks("[s](solutions/01-a.ipynb)"), "s");
});

test("a figure's words and data cannot end the elements they stand in", () => {
  const figure = {
    data: [{ type: "bar", name: "</script><script>alert(1)</script>" }],
    layout: { meta: { alt: '"><img src=x onerror=alert(1)>', caption: "" }, title: { text: "<img src=x>" } },
  };
  const html = figureHtml({ [PLOTLY_MIME]: figure, "image/svg+xml": "<svg/>", "image/png": '"><img src=x>' }, "", true);
  assert.ok(!html.includes("<script>alert"), html);
  assert.ok(!html.includes("<img src=x"), html);
  assert.equal(JSON.parse(inScript({ a: "</script>\u2028" })).a, "</script>\u2028");
});

test("published numbers: one row per task and metric, one column per baseline; later numbers replace withdrawn ones", () => {
  const row = { family: "zero-shot", model: "gpt2-small-100m", task: "blimp", metric: "accuracy", source: "a paper" };
  const reading = { ...row, task: "reading_eye_tracking", metric: "percent of max R2 increase" };
  const rows = [
    { ...row, value: 75 },
    { ...row, model: "interaction-simpo", value: 72 },
    { ...row, model: "somebody-else", value: 99 },
    { ...reading, value: 8 },
    { ...reading, value: 0.5, source: "HTML-commented table" },
  ];
  assert.deepEqual(publishedTable(rows), [
    { task: "BLiMP", metric: "accuracy", "GPT-2 (published)": 0.75, "SimPO (published)": 0.72 },
    {
      task: "eye tracking",
      metric: "variance explained percent",
      "GPT-2 (published)": 8,
      "SimPO (published)": undefined,
    },
  ]);
  assert.deepEqual(
    readingBaselineTable(rows, ["gpt2-small-100m"]).map((r) => [
      (r as Record<string, unknown>)["percent explained"],
      (r as Record<string, unknown>).withdrawn,
    ]),
    [
      [8, ""],
      [0.5, "yes"],
    ],
  );
});
