/**
 * @file Compares two models on the same items: the difference per task and its p value, also corrected for testing many
 * tasks.
 *
 * Paired permutation test: under the null hypothesis the two models' answers to an item can be swapped. Accuracies keep
 * the benchmark's averaging (the weight of an item is one over the size of its group). For a rank correlation the two
 * models' numbers for an item are swapped and rho is recomputed.
 */

import { spearman } from "../stats/correlation";
import { holm, pairedPermutationTest } from "../stats/permutation-test";
import type { Rng } from "../util/rng";

/** A model's answers to a task's items, in data order. */
export type TaskAnswers =
  | {
      task: string;
      metric: "accuracy";
      /** 1 correct, 0 wrong, a fraction for a tie. */
      credits: readonly number[];
      /** Weight of each item in the task's average; they sum to 1. */
      weights: readonly number[];
    }
  | { task: string; metric: "spearman_rho"; shares: readonly number[]; human: readonly number[] };

/** Comparison of two models on one task. */
export interface Comparison {
  task: string;
  /** First model minus second: a fraction, or a difference of rhos. */
  difference: number;
  n: number;
  /** Number of items with equal answers; if it is all of them, the models may be the same, or a file out of date. */
  same: number;
  p: number;
  /** p value after Holm's correction over all compared tasks. */
  pHolm: number;
}

/**
 * Compare the models on every task of the first list.
 *
 * @throws Error if the two lists are not about the same tasks and items
 */
export function compareModels(
  a: readonly TaskAnswers[],
  b: readonly TaskAnswers[],
  rng: Rng,
  permutations = 10_000,
): Comparison[] {
  const raw = a.map((left) => {
    const right = b.find((other) => other.task === left.task);
    if (right === undefined) throw new Error(`compareModels: the second model has no answers to ${left.task}`);
    return compareTask(left, right, rng.fork(left.task), permutations);
  });
  const adjusted = holm(raw.map(({ p }) => p));
  return raw.map((c, i) => ({ ...c, pHolm: adjusted[i] }));
}

function compareTask(a: TaskAnswers, b: TaskAnswers, rng: Rng, permutations: number): Omit<Comparison, "pHolm"> {
  if (a.metric === "accuracy" && b.metric === "accuracy") {
    sameLength(a.task, a.credits, b.credits);
    const differences = a.credits.map((c, i) => (c - b.credits[i]) * a.weights[i]);
    return {
      task: a.task,
      difference: differences.reduce((sum, d) => sum + d, 0),
      n: a.credits.length,
      same: a.credits.filter((c, i) => c === b.credits[i]).length,
      p: pairedPermutationTest(differences, rng, permutations),
    };
  }
  if (a.metric === "spearman_rho" && b.metric === "spearman_rho") {
    sameLength(a.task, a.shares, b.shares);
    const same = a.shares.filter((s, i) => s === b.shares[i]).length;
    return { task: a.task, n: a.shares.length, same, ...swapTest(a.shares, b.shares, a.human, rng, permutations) };
  }
  throw new Error(`compareModels: ${a.task} was scored by ${a.metric} for one model and by ${b.metric} for the other`);
}

/** p value: how often random swaps of the two models' numbers give a difference of rhos at least as large. */
function swapTest(
  a: readonly number[],
  b: readonly number[],
  human: readonly number[],
  rng: Rng,
  permutations: number,
): { difference: number; p: number } {
  const difference = rhoOrZero(a, human) - rhoOrZero(b, human);
  const x = [...a];
  const y = [...b];
  let extreme = 0;
  for (let r = 0; r < permutations; r++) {
    for (let i = 0; i < a.length; i++) {
      const swap = rng.uint32() & 1;
      x[i] = swap ? b[i] : a[i];
      y[i] = swap ? a[i] : b[i];
    }
    if (Math.abs(rhoOrZero(x, human) - rhoOrZero(y, human)) >= Math.abs(difference) - 1e-12) extreme++;
  }
  return { difference, p: (1 + extreme) / (1 + permutations) };
}

function rhoOrZero(x: readonly number[], y: readonly number[]): number {
  const rho = spearman(x, y);
  return Number.isNaN(rho) ? 0 : rho;
}

function sameLength(task: string, a: readonly unknown[], b: readonly unknown[]): void {
  if (a.length !== b.length || a.length === 0) {
    throw new Error(`compareModels: ${task} has ${a.length} items for one model and ${b.length} for the other`);
  }
}
