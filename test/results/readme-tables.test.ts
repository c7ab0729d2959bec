/** @file The tables of results in README.md, and its sentences about the study, are the committed results. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { againstControl } from "../../src/claims/against-control";
import { judgeWorld, verdictCounts } from "../../src/claims/forest-rows";
import { readClaims } from "../../src/claims/judge-claims";
import { corrections } from "../../src/results/corrections";
import { scoreRows } from "../../src/results/frame";
import { taskLabel } from "../../src/results/labels";
import { type ModelScore, modelScores } from "../../src/results/model-scores";
import { openResults } from "../../src/results/open-results";
import type { Metric } from "../../src/results/schema";
import { uninformativeTasks } from "../../src/results/uninformative";
import { projectRoot } from "../../src/util/project-root";
import { readText } from "../../src/util/text-file";
import { betweenSeedsText, HEADING, summaryText } from "../support/between-seeds-text";
import { paperShapesText } from "../support/paper-shapes-text";

const SUFFIX: Partial<Record<Metric, string>> = {
  f1: ", F1",
  spearman_rho: ", ρ",
  pearson_r: ", r",
  variance_explained_percent: ", % variance",
};

/** Shares in percent with one digit, correlations and variance with two. */
function cell(value: number, metric: Metric): string {
  return metric === "accuracy" || metric === "f1" ? (100 * value).toFixed(1) : value.toFixed(2).replace("-", "−");
}

/** One row per task, one column per model; a dash where a model has no score. */
function markdownTable(scores: readonly ModelScore[]): string {
  const columns = [...scores].sort((a, b) => a.order - b.order).map(({ model }) => model);
  const models = [...new Set(columns)];
  const rows = [...new Set(scores.map(({ task }) => task))].map((task) => {
    const own = scores.filter((score) => score.task === task);
    const [{ metric, chance, majority }] = own;
    const floor = Math.max(chance ?? 0, majority ?? 0);
    const values = models.map((model) => own.find((score) => score.model === model));
    const cells = values.map((score) => (score === undefined ? "–" : cell(score.value, metric)));
    return [`${taskLabel(task)}${SUFFIX[metric] ?? ""}`, floor === 0 ? "0" : cell(floor, metric), ...cells];
  });
  const lines = [["", "floor", ...models], Array(models.length + 2).fill("---"), ...rows];
  return lines.map((line) => `| ${line.join(" | ")} |`.replace("|  |", "| |")).join("\n");
}

for (const world of ["study", "study-paper-shapes", "sample"]) {
  test(`README has the table of the results of ${world}`, () => {
    const { rows, controls } = openResults(world);
    const ofControls = controls.length === 0 ? [] : scoreRows(controls);
    const table = markdownTable(modelScores([...rows, ...ofControls]));
    const readme = readText(path.join(projectRoot(), "README.md"));
    assert.ok(readme.includes(table), `README.md should contain this table:\n${table}`);
  });
}

test("README says what changes between the models of the paper's shapes", () => {
  const text = paperShapesText(openResults("study-paper-shapes"), openResults("paper"));
  const readme = readText(path.join(projectRoot(), "README.md"));
  assert.ok(readme.includes(text), `README.md should say:\n${text}`);
});

test("README says what is left of entity tracking without one word", () => {
  const study = openResults("study");
  const values = corrections([...study.runs, ...study.controls], "entity-without-nothing").map(
    (c) => 100 * c.corrected,
  );
  assert.equal(values.length, study.runs.length + study.controls.length);
  assert.ok(Math.max(...values) < 20);
  const [least, most] = [Math.min(...values), Math.max(...values)].map((v) => v.toFixed(1));
  const readme = readText(path.join(projectRoot(), "README.md")).replace(/\s+/g, " ");
  const sentence = `without the items whose answer is “nothing.” every model lies between ${least} and ${most} %, below chance`;
  assert.ok(readme.includes(sentence), `README.md should say: ${sentence}`);
});

test("README has the comparison of the study's seeds if there are several, and no such part otherwise", () => {
  const flat = (text: string) => text.replace(/\s+/g, " ");
  const readme = flat(readText(path.join(projectRoot(), "README.md")));
  const wanted = betweenSeedsText(openResults("study"), openResults("paper"));
  if (wanted === null) assert.ok(!readme.includes(HEADING), "README.md compares seeds that have no results");
  else assert.ok(readme.includes(flat(wanted)), `README.md should say:\n${wanted}`);
  const summary = summaryText(openResults("study"));
  if (summary === null) assert.ok(!readme.includes("merged minus base is"), "README.md compares seeds without results");
  else assert.ok(readme.includes(summary), `README.md should say: ${summary}`);
});

test("README says what the study found", () => {
  const study = openResults("study");
  const readme = readText(path.join(projectRoot(), "README.md")).replace(/\s+/g, " ");
  const says = (sentence: string) => assert.ok(readme.includes(sentence), `README.md should say: ${sentence}`);
  const [counts] = verdictCounts([judgeWorld("study", study, readClaims())]) as Record<string, number>[];
  const { parts, untestable, supported, contradicted } = counts;
  says(`Of ${parts - untestable} testable parts it supports ${supported} and contradicts ${contradicted}.`);
  const rows = [...study.rows, ...scoreRows(study.controls)].filter((r) => r.family === "fine-tuning");
  const gain = (over: string) => {
    const all = againstControl(rows, "wide-merged", over);
    const { difference, low, high } = all[all.length - 1];
    assert.ok(low < 0 && high > 0);
    return `${difference.toFixed(1)} points (${low.toFixed(1).replace("-", "−")} to ${high.toFixed(1)})`;
  };
  says(`${gain("wide-base")} above its base and ${gain("wide-more-pretraining")} above more pre-training`);
  const fineTuning = study.rows.filter((r) => r.family === "fine-tuning");
  const tasks = new Set(fineTuning.map((r) => r.task)).size;
  says(
    `On ${uninformativeTasks(fineTuning).length} of the ${tasks} tasks no model is measurably above the majority class`,
  );
});
