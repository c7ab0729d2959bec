/** @file Verdicts on the paper's statements: known worlds give known verdicts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeClaims, judgeContradiction, readClaims, verdictOf } from "../../src/claims/judge-claims";
import { RUNS } from "../../src/experiments/runs";
import { scoreRows } from "../../src/results/frame";
import type { RunSummary } from "../../src/results/schema";
import type { WorldResults } from "../../src/results/world";
import { fixtureRuns } from "../support/fixture-runs";

/** A world in which `strength` of a run is added to each of its scores, whose differences are otherwise erased. */
function worldWhere(strength: (runId: string, task: string) => number, seeds = [1]): WorldResults {
  const runs = seeds.flatMap((seed) =>
    fixtureRuns(seed).map(
      (run): RunSummary => ({
        ...run,
        scores: run.scores.map((s, i) => ({ ...s, value: 0.5 + 0.01 * strength(run.runId, s.task) + 1e-4 * i })),
      }),
    ),
  );
  return { world: "fixture", source: "invented", intervals: "", runs, rows: scoreRows(runs), seeds, baselines: [] };
}

const claims = readClaims();
const verdict = (world: WorldResults, id: number) => judgeClaims(world, claims)[id - 1].verdict;
const rank = (order: readonly string[]) => (runId: string) => order.length - order.indexOf(runId);
const others = (first: readonly string[]) => [...first, ...RUNS.map((r) => r.runId).filter((r) => !first.includes(r))];

test("where switch→wiki is best, then wiki, wiki→switch and merged, statement 11 is supported", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]);
  assert.equal(verdict(worldWhere(rank(order)), 11), "supported");
});

test("where that order is turned round, statement 11 is not supported", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]).reverse();
  assert.equal(verdict(worldWhere(rank(order)), 11), "not supported");
});

test("where all runs are equal nothing about their order is supported", () => {
  const world = worldWhere(() => 0);
  for (const id of [4, 6, 11]) assert.notEqual(verdict(world, id), "supported", `statement ${id}`);
});

test("Switchboard alone lowest in fine-tuning supports statement 6", () => {
  const order = [...others(["wide-base"]).filter((r) => r !== "wide-switch"), "wide-switch"];
  assert.equal(verdict(worldWhere(rank(order)), 6), "supported");
});

test("statements about the baselines stay open in a world where the baselines were not scored", () => {
  assert.equal(
    verdict(
      worldWhere(() => 0),
      1,
    ),
    "undecided",
  );
});

test("the contradiction is told apart: merged can win by the median and lose by the spread", () => {
  // merged: high on most tasks, far down on two; the sequential ones: a little lower, everywhere
  const world = worldWhere((runId, task) => {
    if (runId === "wide-merged") return task === "wsc" || task === "rte" ? -9 : 9;
    return runId.includes("-switch-wiki") || runId.includes("-wiki-switch") ? 6 : 0;
  });
  const [median, spread] = judgeContradiction(world);
  assert.ok(median.value > 0, `median ${median.value}`);
  assert.ok(spread.value > 0, `spread ${spread.value}`);
});

test("seeds are counted one by one", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]);
  const judged = judgeClaims(worldWhere(rank(order), [1, 2, 3]), claims)[10];
  assert.equal(judged.parts[0].seeds, "3 of 3");
});

test("a verdict needs every part, and one failing part decides against", () => {
  assert.equal(verdictOf([{ holds: "yes" }, { holds: "yes" }]), "supported");
  assert.equal(verdictOf([{ holds: "yes" }, { holds: "open" }]), "undecided");
  assert.equal(verdictOf([{ holds: "open" }, { holds: "no" }]), "not supported");
  assert.equal(verdictOf([]), "undecided");
});

test("the same world gives the same verdicts and intervals", () => {
  const world = worldWhere((runId, task) => runId.length + task.length);
  assert.deepEqual(judgeClaims(world, claims), judgeClaims(world, claims));
});
