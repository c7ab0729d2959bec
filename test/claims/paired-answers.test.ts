/**
 * @file What README and the log say about paired tests is what the answers say: counts of two models' right answers on
 * the same rows, with SciPy's exact p-values, from `make_paired_answers.py`.
 */

import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { openResults } from "../../src/results/open-results";
import { readJson } from "../../src/util/jsonl";
import { projectRoot } from "../../src/util/project-root";
import { readText } from "../../src/util/text-file";

interface Paired {
  first: string;
  second: string;
  task: string;
  rows: number;
  firstRight: number;
  secondRight: number;
  /** Rows that only the first, or only the second model answers correctly. */
  won: number;
  lost: number;
  p: number;
}

const golden = path.join(projectRoot(), "test", "golden", "claims", "paired-answers.json");
const paired = readJson(golden) as Paired[];
const points = ({ won, lost, rows }: Paired) => (100 * (won - lost)) / rows;
const against = (second: string) => paired.filter((row) => row.second === second);
const pOf = (second: string, task: string) => against(second).find((row) => row.task === task)!.p;

test("the counts are those of the committed scores", () => {
  const study = openResults("study");
  const score = (runId: string, task: string) =>
    [...study.runs, ...study.controls]
      .find((run) => run.runId === runId)!
      .scores.find((s) => s.task === task && s.family === "fine-tuning")!;
  for (const row of paired) {
    assert.equal(row.firstRight - row.secondRight, row.won - row.lost, row.task);
    for (const [runId, right] of [
      [row.first, row.firstRight],
      [row.second, row.secondRight],
    ] as const) {
      assert.equal(row.rows, score(runId, row.task).n);
      assert.ok(Math.abs(right / row.rows - score(runId, row.task).value) < 1e-12, `${runId}, ${row.task}`);
    }
  }
});

test("README and the log give the differences and p-values of these answers", () => {
  const text = (file: string) => readText(path.join(projectRoot(), file)).replace(/\s+/g, " ");
  const [readme, log] = [text("README.md"), text("notebooks/log.md")];
  const signed = (x: number) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(1)}`;
  const change = (second: string, task: string) => points(against(second).find((row) => row.task === task)!);
  const more = "wide-more-pretraining";
  assert.equal(paired.length, 14);
  assert.ok(pOf(more, "qqp") < 0.001 && 14 * pOf(more, "qqp") < 0.05); // after Bonferroni's correction, too
  assert.ok(
    readme.includes(
      `it is ${(-change(more, "qqp")).toFixed(1)} points below more pre-training (paired test, p < 0.001)`,
    ),
  );
  const significant = paired.filter(({ p }) => p < 0.05).map(({ second, task }) => `${second} ${task}`);
  assert.deepEqual(significant, ["wide-base qqp", "wide-more-pretraining boolq", "wide-more-pretraining qqp"]);
  assert.ok(
    log.includes(
      `merged against base, QQP ${signed(change("wide-base", "qqp"))} points (p = ${pOf("wide-base", "qqp").toFixed(2)})`,
    ),
  );
  assert.ok(
    log.includes(
      `BoolQ ${signed(change(more, "boolq"))} (p = ${pOf(more, "boolq").toFixed(3)}), QQP ${signed(change(more, "qqp"))} (p < 0.001)`,
    ),
  );
  const means = ["wide-base", more].map((second) => {
    const rows = against(second);
    const errors = rows.map(({ won, lost, rows: n }) => Math.sqrt(won + lost - (won - lost) ** 2 / n) / n);
    const half = (100 * 1.96 * Math.hypot(...errors)) / rows.length;
    const others = rows.filter(({ task }) => task !== "wsc").map(points);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return { all: `${signed(mean(rows.map(points)))} ± ${half.toFixed(1)}`, withoutWsc: signed(mean(others)) };
  });
  assert.ok(
    log.includes(`mean over seven tasks ${means[0].all} points`) && log.includes(`mean ${means[1].all}.`),
    means[1].all,
  );
  assert.ok(log.includes(`without it they are ${means[0].withoutWsc} and ${means[1].withoutWsc}`));
});
