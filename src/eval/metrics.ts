/** @file Metrics of classification: accuracy, F1, Matthews correlation, and the two baselines that go beside them. */

import type { GlueMetric } from "../tasks/superglue";

/** Share of equal labels. @throws RangeError if the lists differ in length or are empty */
export function accuracy(predicted: ArrayLike<number>, gold: ArrayLike<number>): number {
  const { tp, tn, n } = counts("accuracy", predicted, gold, null);
  return (tp + tn) / n;
}

/** Binary F1 of class 1; 0 where it is undefined (neither predicted nor true). */
export function f1(predicted: ArrayLike<number>, gold: ArrayLike<number>): number {
  const { tp, fp, fn } = counts("f1", predicted, gold, 1);
  return tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn);
}

/** Matthews correlation coefficient of two classes; 0 where it is undefined (one side is constant). */
export function mcc(predicted: ArrayLike<number>, gold: ArrayLike<number>): number {
  const { tp, tn, fp, fn } = counts("mcc", predicted, gold, 1);
  const denominator = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  return denominator === 0 ? 0 : (tp * tn - fp * fn) / denominator;
}

export const GLUE_METRICS: Record<GlueMetric, (predicted: ArrayLike<number>, gold: ArrayLike<number>) => number> = {
  accuracy,
  f1,
  mcc,
};

/** Accuracy of always answering the most frequent label. */
export function majorityBaseline(gold: ArrayLike<number>): number {
  const frequency = new Map<number, number>();
  for (let i = 0; i < gold.length; i++) frequency.set(gold[i], (frequency.get(gold[i]) ?? 0) + 1);
  return Math.max(...frequency.values()) / gold.length;
}

/** With `positive` null: tp counts equal labels. */
function counts(who: string, predicted: ArrayLike<number>, gold: ArrayLike<number>, positive: number | null) {
  if (predicted.length !== gold.length || gold.length === 0) {
    throw new RangeError(`${who}: ${predicted.length} predictions for ${gold.length} labels`);
  }
  let tp = 0;
  let tn = 0;
  let fp = 0;
  let fn = 0;
  for (let i = 0; i < gold.length; i++) {
    if (positive === null) {
      if (predicted[i] === gold[i]) tp++;
    } else if (predicted[i] === positive) {
      if (gold[i] === positive) tp++;
      else fp++;
    } else if (gold[i] === positive) fn++;
    else tn++;
  }
  return { tp, tn, fp, fn, n: gold.length };
}
