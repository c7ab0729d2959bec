/** @file Verdicts on the paper's statements: known worlds give known verdicts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeClaims, judgeContradiction, readClaims, verdictOf } from "../../src/claims/judge-claims";
import { RUNS } from "../../src/experiments/runs";
import { scoreRows } from "../../src/results/frame";
import { openResults, type WorldResults } from "../../src/results/open-results";
import type { RunSummary } from "../../src/results/schema";
import { fixtureRuns } from "../support/fixture-runs";

/** A world in which `strength` of a run is added to each of its scores, whose differences are otherwise erased. */
function worldWhere(strength: (runId: string, task: string) => number, seeds = [1], error = 1e-4): WorldResults {
  const runs = seeds.flatMap((seed) =>
    fixtureRuns(seed).map(
      (run): RunSummary => ({
        ...run,
        scores: run.scores.map((s, i) => {
          const value = 0.5 + 0.01 * strength(run.runId, s.task) + 1e-4 * i;
          return { ...s, value, interval: [value - error, value + error] as [number, number] };
        }),
      }),
    ),
  );
  return {
    world: "fixture",
    source: "invented",
    firstSeedSource: "invented",
    everySeedSource: "invented",
    intervals: "",
    runs,
    allRuns: runs,
    partialRuns: [],
    controls: [],
    rows: scoreRows(runs),
    seeds,
    baselines: [],
  };
}

const claims = readClaims();
const verdict = (world: WorldResults, id: number) => judgeClaims(world, claims)[id - 1].verdict;
const rank = (order: readonly string[]) => (runId: string) => order.length - order.indexOf(runId);
const others = (first: readonly string[]) => [...first, ...RUNS.map((r) => r.runId).filter((r) => !first.includes(r))];

test("where switch→wiki is best, then wiki, wiki→switch and merged, statement 11 is supported", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]);
  assert.equal(verdict(worldWhere(rank(order)), 11), "supported");
});

test("where the items leave each score uncertain by far more than the models differ, statement 11 is undecided", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]);
  assert.equal(verdict(worldWhere(rank(order), [1], 0.5), 11), "undecided");
});

test("where that order is turned round, statement 11 is contradicted", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]).reverse();
  assert.equal(verdict(worldWhere(rank(order)), 11), "contradicted");
});

test("where all runs are equal nothing about their order is supported", () => {
  const world = worldWhere(() => 0);
  for (const id of [4, 6, 11]) assert.notEqual(verdict(world, id), "supported", `statement ${id}`);
});

test("Switchboard alone lowest in fine-tuning, and Wikipedia alone beside the base, support statement 6", () => {
  const low = (runId: string) => (runId === "wide-switch" ? 0.9 : runId.startsWith("narrow") ? 0 : 1);
  assert.equal(verdict(worldWhere(low), 6), "supported");
});

test("statements about the baselines are untestable in a world where the baselines were not scored", () => {
  assert.equal(
    verdict(
      worldWhere(() => 0),
      1,
    ),
    "untestable",
  );
});

test("baselines of a world are compared with its models: above them on WSC alone, statement 1 is supported", () => {
  const world = worldWhere((_, task) => (task === "wsc" ? 9 : 0));
  const baselines = world.rows
    .filter((r) => r.runId === "wide-base")
    .map(({ task, metric }) => ({
      model: "b",
      task,
      metric,
      value: 0.53,
      interval: [0.529, 0.531] as [number, number],
      source: "",
    }));
  assert.equal(verdict({ ...world, baselines }, 1), "supported");
});

test("the contradiction is resolved: merged can win by the median and lose by the spread", () => {
  // merged: high on most tasks, far down on two; the sequential ones: a little lower, everywhere
  const world = worldWhere((runId, task) => {
    if (runId === "wide-merged") return task === "wsc" || task === "rte" ? -9 : 9;
    return runId.includes("-switch-wiki") || runId.includes("-wiki-switch") ? 6 : 0;
  });
  const [median, other, spread] = judgeContradiction(world);
  assert.ok(median.value > 0 && other.value < 0, `medians ${median.value}, ${other.value}`);
  assert.ok(spread.value > 0, `spread ${spread.value}`);
});

test("seeds are counted one by one", () => {
  const order = others(["wide-switch-wiki", "wide-wiki", "wide-wiki-switch", "wide-merged"]);
  const judged = judgeClaims(worldWhere(rank(order), [1, 2, 3]), claims)[10];
  assert.equal(judged.parts[0].seeds, "3 of 3");
});

test("a statement needs every testable part, and one contradicted part decides against it", () => {
  assert.equal(verdictOf(["supported", "untestable", "supported"]), "supported");
  assert.equal(verdictOf(["supported", "undecided"]), "undecided");
  assert.equal(verdictOf(["undecided", "contradicted"]), "contradicted");
  assert.equal(verdictOf(["untestable"]), "untestable");
  assert.equal(verdictOf([]), "untestable");
});

test("the same world gives the same verdicts and intervals", () => {
  const world = worldWhere((runId, task) => runId.length + task.length);
  assert.deepEqual(judgeClaims(world, claims), judgeClaims(world, claims));
});

test("on the paper's own numbers no statement is supported as a whole, 9 parts are, and none is contradicted", () => {
  const judged = judgeClaims(openResults("paper"), claims);
  const parts = judged.flatMap((j) => j.parts);
  assert.ok(judged.every((j) => j.verdict === "undecided"));
  assert.equal(parts.filter((p) => p.verdict === "supported").length, 9);
  assert.equal(parts.filter((p) => p.verdict === "contradicted").length, 0);
});

test("every interval of three worlds contains its number, and every statement has a part", () => {
  for (const world of ["paper", "study", "sample"]) {
    for (const { id, parts } of judgeClaims(openResults(world), claims)) {
      assert.ok(parts.length > 0, `statement ${id}`);
      for (const { claim, value, interval } of parts) {
        if (interval === null) continue;
        assert.ok(interval[0] <= value && value <= interval[1], `${world}, ${id} ${claim}: ${value} in ${interval}`);
      }
    }
  }
});

test("reading scored without the blank is not compared with published scores, whose level is judged all the same", () => {
  const parts = judgeClaims(openResults("study"), claims)[8].parts;
  const of = (claim: RegExp) => parts.find((p) => claim.test(p.claim))?.verdict;
  assert.equal(of(/smaller models above the baselines/), "untestable");
  assert.equal(of(/baselines near zero, except GPT-BERT mixed/), "contradicted"); // by later sources than the paper's
});
