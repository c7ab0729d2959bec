import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKPOINTS_GROUP, scoreRows } from "../../src/results/frame";
import type { RunSummary } from "../../src/results/schema";
import { fixtureRuns } from "../support/fixture-runs";

/** Invented runs with an age of acquisition from so many checkpoints; null: a score that does not say. */
function runsWith(checkpoints: readonly (number | null)[]): RunSummary[] {
  return checkpoints.map((count, i) => {
    const run = fixtureRuns()[i];
    const group = count === null ? [] : [{ name: CHECKPOINTS_GROUP, value: count, n: count }];
    const aoa = { ...run.scores[0], task: "aoa", metric: "pearson_r" as const, groups: group };
    return { ...run, scores: [...run.scores, aoa] };
  });
}

test("scores of two protocols are not compared", () => {
  const [first, second, ...rest] = fixtureRuns();
  const in2026 = (run: RunSummary): RunSummary => ({
    ...run,
    protocol: "2026",
    scores: run.scores.map((score) => ({ ...score, mode: "protocol-2026+last-token-pooling" })),
  });
  assert.ok(scoreRows([first, second].map(in2026)).every(({ mode }) => mode.startsWith("protocol-2026")));
  assert.throws(
    () => scoreRows([first, in2026(second), ...rest]),
    /wide-base \(seed 1\) was scored under protocol 2025, \S+ \(seed 1\) under 2026: a difference could come from the rules/,
  );
  const mixed = { ...first, scores: [...first.scores, in2026(first).scores[0]] };
  assert.throws(() => scoreRows([mixed]), /its summary is of protocol 2025, but \S+ was scored in mode "protocol-2026/);
});

test("ages of acquisition from different numbers of checkpoints are not compared", () => {
  assert.equal(scoreRows(runsWith([28, 28, null])).filter((row) => row.task === "aoa").length, 3);
  assert.throws(
    () => scoreRows(runsWith([28, null, 27])),
    /aoa of wide-base \(seed 1\) is from 28 checkpoints, of wide-wiki \(seed 1\) from 27: the two cannot be compared/,
  );
});
