/** @file The paper's own numbers: complete, checked where they are read, and a world like any other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { RUNS } from "../../src/experiments/runs";
import { figure2, figure3, figure4, figure5, figure6 } from "../../src/figures/paper-figures";
import { readPublished } from "../../src/results/beside-paper";
import { lossesOf, openResults, pairLengthsOf } from "../../src/results/open-results";
import { PAPER_MODELS, parseValues, readPaperValues } from "../../src/results/paper-values";
import { projectRoot } from "../../src/util/project-root";
import { assertAllClose } from "../support/close";

const root = projectRoot();
const { tasks, values } = readPaperValues(root);
const header = "task,model,value,precision,source";

test("14 tasks of 11 models, each once; the sets' sizes are those of the official files", () => {
  assert.equal(values.length, 14 * 11);
  const sizes = Object.fromEntries(tasks.map((t) => [t.task, t.items.reduce((a, b) => a + b, 0)]));
  assert.deepEqual(sizes, {
    wsc: 52,
    multirc: 2424,
    qqp: 20215,
    mrpc: 204,
    mnli: 4908,
    boolq: 1635,
    rte: 139,
    wug_adj: 200,
    blimp_supplement: 5218,
    blimp: 59875,
    ewok: 7618,
    entity_tracking: 9483,
    reading_eye_tracking: 1696,
    reading_self_paced: 1496,
  });
});

test("exact values are whole counts of their items", () => {
  const exact = values.filter((v) => v.precision === "exact");
  assert.equal(exact.length, 22);
  for (const { task, value } of exact) {
    const items = task === "wsc" ? 52 : 139;
    assertAllClose([value * items], [Math.round(value * items)], { atol: 1e-9 });
  }
});

test("a damaged table is refused by line: unknown model, half an item, a missing cell, a repeated pair", () => {
  const refuse = (line: string, why: RegExp) =>
    assert.throws(() => parseValues(`${header}\n${line}\n`, tasks, "f.csv"), why);
  refuse("wsc,llama70B,61.54,exact,x", /f\.csv:2: unknown model; one of llama140M_pt/);
  refuse("wsc,llama100M_pt,61.60,exact,x", /f\.csv:2: an exact value must be a whole number of items out of 52/);
  refuse("wsc,llama100M_pt,61.54,exact", /f\.csv:2: want five cells/);
  refuse("blimp,llama100M_pt,,0.1,x", /f\.csv:2: want a value from 0 to 100/);
  refuse("reading_self_paced,llama100M_pt,4.67,unreadable,x", /f\.csv:2: an unreadable value lies below 0\.1/);
  refuse("wsc,llama100M_pt,61.54,exact,x\nwsc,llama100M_pt,61.54,exact,x", /f\.csv:3: this task and model occur twice/);
  refuse("wsc,llama100M_pt,61.54,exact,x", /f\.csv: no value of llama140M_pt on wsc/);
});

test("the paper's world has our eight runs, and each score lies inside its interval", () => {
  const paper = openResults("paper");
  assert.deepEqual([...new Set(paper.rows.map((r) => r.runId))].sort(), RUNS.map((r) => r.runId).sort());
  assert.equal(paper.rows.length, 14 * Object.keys(PAPER_MODELS).length);
  for (const { task, value, low, high } of paper.rows) assert.ok(low <= value && value <= high, `${task} ${value}`);
  assert.throws(() => lossesOf("paper", "wide-base"), /the paper gives no losses/);
  assert.throws(() => pairLengthsOf("paper"), /the paper gives no lengths/);
});

test("the baselines of the figures are those of the withdrawn table of May 2025, as far as the tasks are the same", () => {
  const withdrawn = readPublished(root).filter(
    (r) => r.model === "gpt2-small-100m" && r.source.includes("HTML-commented"),
  );
  const drawn = openResults("paper").baselines.filter((b) => b.model.startsWith("GPT-2"));
  for (const task of ["blimp", "blimp_supplement", "ewok"]) {
    const old = withdrawn.find((r) => r.task === task && r.metric === "accuracy");
    const own = drawn.find((b) => b.task === task);
    assert.ok(old !== undefined && own !== undefined);
    assert.ok(
      Math.abs(100 * own.value - old.value) < 0.2,
      `${task}: ${100 * own.value} in the figure, ${old.value} in the table`,
    );
  }
});

test("figures 2 to 6 are drawn by the functions that draw ours: 11 models in the bars, 8 in the boxes", () => {
  const { rows, source, intervals, baselines } = openResults("paper");
  const bars = [figure2, figure4].map((draw) => draw(rows, { source, intervals, published: baselines }));
  for (const figure of bars) {
    assert.equal(new Set(figure.data.filter((d) => d.type === "bar").map((d) => d.name)).size, 11);
    assert.match(figure.layout.meta.caption, /Whiskers: 95 % intervals over items, from score and number of items/);
  }
  const boxes = [figure3, figure5, figure6].map((draw) => draw(rows, { source }));
  for (const [i, tasks] of [7, 7, 14].entries()) {
    assert.equal(boxes[i].data.filter((d) => d.type === "box").length, 8);
    assert.match(boxes[i].layout.meta.caption, new RegExp(`n = ${tasks}\\)`));
  }
});
