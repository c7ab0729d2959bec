/**
 * @file Compares every pair of models, task by task and over tasks, and tests which differences are significant.
 *
 * Published accuracies do not show how far two models' answers overlap. So the error of a difference on a task is
 * bounded from both sides: `supported` if it lies outside the 95 % interval even if the models disagree as often as
 * their shares allow; `undecided` if even the greatest possible agreement does not make it significant; `untestable` in
 * between, where only the answers themselves could decide. Over tasks the medians of z-scores are compared, with
 * resampled tasks and items.
 */

import { from } from "arquero";
import { mean } from "simple-statistics";
import type { ScoreRow } from "../results/frame";
import { taskLabel } from "../results/labels";
import { type ModelScore, modelScores } from "../results/model-scores";
import type { WorldResults } from "../results/open-results";
import type { TaskFamily } from "../results/schema";
import { normalQuantile } from "../stats/normal-quantile";
import { pairedError } from "../stats/sampling-error";
import type { Deviation } from "../stats/z-score";
import { Evidence } from "./evidence";
import type { Verdict } from "./judge-claims";
import { MODELS } from "./statements";

/** "`higher` has the higher score": for one task, or about the median z of a family. */
export interface PairComparison {
  scope: string;
  higher: string;
  lower: string;
  /** At least 0; in the task's metric, or in standard deviations. */
  difference: number;
  /** 95 % interval, for the overlap of answers that makes it widest. */
  interval: [number, number];
  verdict: Verdict;
}

/** All pairs on every task on which both have a number and an interval. */
export function comparePairs(results: WorldResults): PairComparison[] {
  const scores = modelScores(results.rows);
  return [...new Set(scores.map((s) => s.task))].flatMap((task) => {
    const members = scores.filter((s) => s.task === task && Number.isFinite(s.value));
    return pairsOf(members).map(([a, b]) => compareOnTask(a, b, results.rows));
  });
}

function compareOnTask(a: ModelScore, b: ModelScore, rows: readonly ScoreRow[]): PairComparison {
  const [high, low] = a.value >= b.value ? [a, b] : [b, a];
  const difference = high.value - low.value;
  const [first, second] = [high, low].map((score) => errorOf(score, rows));
  const n = Math.min(itemsOf(high, first), itemsOf(low, second));
  const most = high.metric === "accuracy" && n >= 1 ? pairedError(high.value, low.value, n).most : first + second;
  const interval: [number, number] = [difference - Z * most, difference + Z * most];
  // without accuracies, the smallest possible error is that of two fully correlated errors
  const possible = Number.isNaN(n) ? difference > Z * Math.abs(first - second) : signTest(difference, n);
  return {
    scope: taskLabel(high.task),
    higher: high.model,
    lower: low.model,
    difference,
    interval,
    verdict: interval[0] > 0 ? "supported" : possible ? "untestable" : "undecided",
  };
}

/**
 * Whether the difference would be significant if the models disagreed only on the items that cause it: an exact sign
 * test in which one model wins all of them.
 */
function signTest(difference: number, n: number): boolean {
  return 2 * 0.5 ** Math.round(difference * n) < 0.05;
}

/** All pairs by their median z over a family of tasks, or over all. */
export function compareMedians(
  results: WorldResults,
  family: TaskFamily | "all",
  deviation: Deviation = "sample",
): PairComparison[] {
  const rows = results.rows.filter((r) => family === "all" || r.family === family);
  const evidence = new Evidence({ rows, baselines: [], models: MODELS, deviation, name: `${family}/mean` });
  return pairsOf(MODELS).map(([a, b]) => {
    const of = (x: string, y: string) => evidence.overTasks((v) => v.mid(x) - v.mid(y));
    const [higher, lower] = of(a, b).value >= 0 ? [a, b] : [b, a];
    const gap = of(higher, lower);
    const known = Number.isFinite(gap.value);
    const interval: [number, number] = known ? [gap.low(0.025), gap.high(0.025)] : [Number.NaN, Number.NaN];
    const verdict = !known ? "untestable" : interval[0] > 0 ? "supported" : "undecided";
    return { scope: `median z, ${family}`, higher, lower, difference: gap.value, interval, verdict };
  });
}

/** One row per task or family: how many comparisons are decided, and which differences can be due to chance. */
export function pairTable(comparisons: readonly PairComparison[]): Record<string, unknown>[] {
  const count = (verdict: Verdict) => `d => op.sum(d.verdict === "${verdict}" ? 1 : 0)`;
  const of = (verdict: Verdict) => `d.verdict === "${verdict}" ? d.difference : null`;
  return from([...comparisons])
    .rename({ scope: "over" })
    .groupby("over")
    .rollup({
      comparisons: "d => op.count()",
      "significant for every overlap": count("supported"),
      "depends on the overlap": count("untestable"),
      "significant for no overlap": count("undecided"),
      "smallest significant for every": `d => op.min(${of("supported")})`,
      "largest significant for none": `d => op.max(${of("undecided")})`,
    })
    .objects() as Record<string, unknown>[];
}

function pairsOf<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));
}

const Z = normalQuantile(0.975);

/** Standard error over items: the mean half-width of the runs' own intervals. */
function errorOf({ run, task }: ModelScore, rows: readonly ScoreRow[]): number {
  const widths = rows
    .filter((r) => r.task === task && r.model === run?.model && r.variant === run?.variant)
    .map((r) => r.high - r.low)
    .filter((w) => Number.isFinite(w));
  return widths.length === 0 ? 0 : mean(widths) / (2 * Z);
}

/**
 * The number of items, derived from the standard error of an accuracy. For F1, from its number of positives: one item
 * changes F1 by at least `F1 / (2 TP + FP + FN)`, which is `F1² / 2` of a positive item. NaN for other metrics.
 */
function itemsOf({ metric, value }: ModelScore, error: number): number {
  if (metric === "accuracy") return (value * (1 - value)) / error ** 2;
  if (metric !== "f1") return Number.NaN;
  const union = value / (2 - value);
  const positives = ((2 / (1 + union) ** 2) ** 2 * union * (1 - union)) / error ** 2;
  return (2 * positives) / value ** 2;
}
