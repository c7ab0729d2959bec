/** @file Comparisons between seeds: paired within a seed, with SciPy's intervals and statsmodels' numbers of seeds. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import {
  differenceName,
  rowsOfEverySeed,
  seedDifferenceRows,
  seedDifferences,
  seedScores,
} from "../../src/claims/between-seeds";
import { judgeWorld } from "../../src/claims/forest-rows";
import { readClaims } from "../../src/claims/judge-claims";
import { seedsForDifferenceRows, seedsForDifferences, seedsNeeded } from "../../src/claims/seeds-needed";
import { betweenSeedsFigure } from "../../src/notebook/display/between-seeds-figure";
import { openResults, type WorldResults } from "../../src/results/open-results";
import type { RunSummary, TaskScore } from "../../src/results/schema";
import { writeSummary } from "../../src/results/write";
import { fixtureRuns } from "../support/fixture-runs";
import { temporaryFolder } from "../support/temporary-folder";

const SEEDED = ["wide-base", "wide-merged", "wide-switch-wiki", "narrow-base"];

/**
 * A world like our study: all runs and tasks with the first seed, four runs in zero-shot tasks with the others.
 *
 * @param change - of a score of a seed, from its index (0, 1, 2)
 */
function study(t: TestContext, change: (run: RunSummary, score: TaskScore, index: number) => Partial<TaskScore>) {
  const root = temporaryFolder(t);
  for (const [index, seed] of [42, 43, 44].entries()) {
    for (const run of fixtureRuns(42)) {
      const scores = run.scores.map((score) => ({ ...score, ...change(run, score, index) }));
      const isShort = index > 0;
      if (isShort && !SEEDED.includes(run.runId)) continue;
      writeSummary(path.join(root, "data", "results", isShort ? `study-seed-${seed}` : "study", run.runId), {
        ...run,
        seed,
        scores: scores.filter(({ family }) => !isShort || family === "zero-shot"),
      });
    }
  }
  return openResults("study", root);
}

/** BLiMP of merged lies 1, 2 and 4 points above its base, whose level differs by ten points per seed; all else is 0.5. */
const paired = (run: RunSummary, { task, metric }: TaskScore, index: number): Partial<TaskScore> => {
  if (metric === "variance_explained_percent") return { value: 1 };
  if (task !== "blimp") return { value: 0.5 };
  return { value: 0.5 + 0.1 * index + (run.variant === "merged" ? [0.01, 0.02, 0.04][index] : 0) };
};

const of = (results: WorldResults, task: string, second = "wide base") =>
  seedDifferences(results).find(
    (d) => d.task === task && d.first === "wide merged" && d.second === second,
  ) as ReturnType<typeof seedDifferences>[number];

const isNear = (value: number, wanted: number) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value}, not ${wanted}`);

test("a difference is taken within each seed; its interval is SciPy's ttest_1samp of 1, 2, 4", (t) => {
  const results = study(t, paired);
  const blimp = of(results, "BLiMP");
  assert.deepEqual(blimp.seeds, [42, 43, 44]);
  for (const [i, value] of blimp.values.entries()) isNear(value, [1, 2, 4][i]);
  isNear(blimp.mean, 7 / 3);
  isNear(blimp.deviation, 1.5275252316519465);
  isNear(blimp.low, -1.4612497002634255);
  isNear(blimp.high, 6.1279163669300925);
  assert.deepEqual([blimp.unit, blimp.verdict], ["percentage points", "undecided"]);
  const base = seedScores(results).find((s) => s.task === "BLiMP" && s.model === "wide base")!;
  assert.deepEqual([base.mean.toFixed(6), base.deviation.toFixed(6)], ["60.000000", "10.000000"]); // 50, 60, 70
  const row = seedDifferenceRows([blimp])[0];
  const sizes = differenceName({ first: "wide base", second: "narrow base" });
  assert.equal(sizes, "wide base − narrow base");
  assert.deepEqual([row.difference, Math.round(Number(row["seed 44"]))], ["wide merged − base", 4]);
});

test("models, tasks and comparisons with one seed have no row, and a task that one seed lacks counts the others", (t) => {
  const results = study(t, (run, score, index) =>
    score.task === "ewok" && index === 2 ? { value: Number.NaN } : paired(run, score, index),
  );
  const differences = seedDifferences(results);
  assert.deepEqual(
    [...new Set(seedScores(results).map(({ model }) => model))],
    ["wide base", "wide merged", "wide switch→wiki", "narrow base"],
  );
  assert.equal(new Set(differences.map(({ task }) => task)).size, 8); // all zero-shot tasks, no fine-tuning
  assert.deepEqual(of(results, "EWoK").seeds, [42, 43]);
  assert.ok(!rowsOfEverySeed(results).some(({ task }) => task === "ewok"));
  assert.equal(rowsOfEverySeed(results).length, 3 * 4 * 7);
  const single = { ...results, partialRuns: [] };
  assert.deepEqual([seedScores(single), seedDifferences(single), rowsOfEverySeed(single)], [[], [], []]);
});

test("complete seeds are compared as well, with every task", () => {
  const differences = seedDifferences(openResults("sample"));
  assert.equal(differences.length, 6 * 16); // six comparisons, all tasks but age of acquisition
  assert.ok(differences.every(({ seeds }) => seeds.length === 3));
});

test("seeds with other items or another shape are refused", (t) => {
  const items = study(t, (run, score, index) => ({ ...paired(run, score, index), n: 300 + index }));
  assert.throws(() => seedDifferences(items), /blimp of narrow-base: seed 42 has 300 items .*seed 43 301/);
  const results = study(t, paired);
  const shape = results.partialRuns.map((run) => ({ ...run, parameters: 1 }));
  assert.throws(() => seedScores({ ...results, partialRuns: shape }), /narrow-base: seed 42 has 900000 parameters/);
});

test("the spread of a part is from the seeds of some models where the part means the same, otherwise from the next world", (t) => {
  const claims = readClaims();
  const results = study(t, (run, score, index) => {
    const isTuned = run.variant !== "base";
    return score.family === "zero-shot" && score.task === "blimp" && isTuned
      ? { value: 0.5 + [0.01, 0.02, 0.04][index] }
      : { value: 0.5 };
  });
  const judged = judgeWorld("real", results, claims);
  const [gap, sizes] = judged.judged[6].parts;
  // 300/52 points minus the largest gap: 1, 2 and 4 points
  for (const [i, value] of gap.seedValues.entries()) isNear(value, 300 / 52 - [1, 2, 4][i]);
  assert.deepEqual([gap.seeds, sizes.seedValues.length], ["1 of 1", 1]);
  const [paper, sample] = (["paper", "sample"] as const).map((name) => judgeWorld(name, openResults(name), claims));
  const needed = seedsNeeded(paper, [judged, sample]);
  const from = (world: string) => needed.filter(({ spreadFrom }) => spreadFrom === world).map(({ part }) => part);
  assert.deepEqual(from("real"), ["no striking gap between tuned and pre-trained"]);
  assert.equal(from("sample").length, needed.length - 1);
  assert.deepEqual(
    needed.map(({ part }) => part),
    seedsNeeded(paper, [sample]).map(({ part }) => part),
  );
});

test("seeds for a difference of two points with a spread of 1.53: seven (statsmodels), 4 to 183 at its ends", (t) => {
  const results = study(t, paired);
  const paper = study(t, (run, { metric }, index) => ({
    value: metric === "variance_explained_percent" ? 1 : index === 0 && run.variant === "merged" ? 0.52 : 0.5,
  }));
  const rows = seedsForDifferences(paper, seedDifferences(results));
  assert.deepEqual(
    rows.map(({ task, first, second }) => `${task}: ${first} − ${second}`),
    ["BLiMP: wide merged − wide base", "BLiMP: wide switch→wiki − wide merged"], // elsewhere the seeds do not differ
  );
  assert.deepEqual([rows[0].seeds, rows[0].from, rows[0].to], [7, 4, 183]);
  isNear(rows[0].effect, 2);
  isNear(rows[1].effect, -2);
  assert.equal(seedsForDifferenceRows(rows)[0]["with the spread at the ends of its interval"], "4 to 183");
});

test("the figure says over how many seeds its intervals are, and how many exclude zero by chance", (t) => {
  const results = study(t, paired);
  const differences = seedDifferences(results);
  const { alt, caption } = betweenSeedsFigure(differences, { source: results.everySeedSource }).layout.meta;
  assert.match(alt, /over 3 seeds.* 0 of 32 intervals exclude zero\./);
  assert.match(
    caption,
    /mean over 3 seeds with Student's 95 % interval over seeds.*Of 32 such intervals 1\.6 are expected/,
  );
  assert.match(caption, /seeds 42, 43 and 44\.$/);
  assert.throws(() => betweenSeedsFigure([], { source: "" }), /no run has two seeds/);
});
