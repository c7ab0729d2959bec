/**
 * @file Confidence intervals over items, computed from the score and the number of items.
 *
 * Published numbers give nothing more. Accuracies: Wilson's interval. Macro averages: the same with an effective number
 * of items, which small groups reduce. F1: the binomial error of its Jaccard index, with the number of positives as
 * sample size. Variance explained: Fisher's transformation of a partial correlation. Two models on the same items: the
 * error of their difference depends on the number of items on which they differ, which the two accuracies bound from
 * both sides.
 */

import { normalQuantile } from "./normal-quantile";

/**
 * Wilson's score interval of a share of `n` independent items.
 *
 * @param share - in [0, 1]
 * @param n - number of items, at least 1; may be fractional, for a macro average
 */
export function wilsonInterval(share: number, n: number, level = 0.95): [number, number] {
  if (!(share >= 0 && share <= 1) || !(n >= 1)) {
    throw new RangeError(`wilsonInterval: want a share in [0, 1] of at least 1 item, got ${share} of ${n}`);
  }
  const z = normalQuantile((1 + level) / 2);
  const centre = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * The number of items with which a plain accuracy has the same error as the mean of group accuracies: `G² / Σ 1/n_g`,
 * if all groups have the same accuracy.
 *
 * @example
 * effectiveItems([10, 1000]); // => 39.6: the small group decides
 */
export function effectiveItems(groupSizes: readonly number[]): number {
  return groupSizes.length ** 2 / groupSizes.reduce((sum, n) => sum + 1 / n, 0);
}

/**
 * Largest standard error that F1 can have when only F1 and the number of true positives in the data are known.
 *
 * F1 = 2J / (1 + J) with the Jaccard index J = TP / (TP + FP + FN), a share of the items that are positive or predicted
 * positive; there are at least as many as positives. The delta method gives the error of F1 from that of J.
 */
export function f1StandardError(f1: number, positives: number): number {
  const jaccard = f1 / (2 - f1);
  return (2 / (1 + jaccard) ** 2) * Math.sqrt((jaccard * (1 - jaccard)) / positives);
}

/**
 * Interval of the share of remaining variance that one more predictor explains: the square of a partial correlation,
 * whose inverse hyperbolic tangent has the standard error `1 / √(n - 3)`. It always contains the estimate; if the
 * correlation's interval contains 0, it starts at 0.
 *
 * @param share - in [0, 1)
 * @param n - number of rows of the regression, at least 4
 */
export function varianceExplainedInterval(share: number, n: number, level = 0.95): [number, number] {
  if (!(share >= 0 && share < 1) || !(n >= 4)) {
    throw new RangeError(`varianceExplainedInterval: want a share in [0, 1) and 4 rows or more, got ${share} of ${n}`);
  }
  const centre = Math.atanh(Math.sqrt(share));
  const half = normalQuantile((1 + level) / 2) / Math.sqrt(n - 3);
  return [Math.tanh(Math.max(0, centre - half)) ** 2, Math.tanh(centre + half) ** 2];
}

export interface PairedError {
  /** Error if the two models agree on as many items as their accuracies allow. */
  least: number;
  /** Error if the two models' errors are independent. */
  independent: number;
  /** Error if they disagree on as many items as their accuracies allow. */
  most: number;
}

/**
 * Standard error of the difference of two shares of the same `n` items, if only the shares are known.
 *
 * With the share d of items on which exactly one model is right, the error is `√((d - (a - b)²) / n)`, and d lies between
 * `|a - b|` and `min(a + b, 2 - a - b)`.
 */
export function pairedError(a: number, b: number, n: number): PairedError {
  const error = (discordant: number) => Math.sqrt(Math.max(0, discordant - (a - b) ** 2) / n);
  return {
    least: error(Math.abs(a - b)),
    independent: Math.sqrt((a * (1 - a) + b * (1 - b)) / n),
    most: error(Math.min(a + b, 2 - a - b)),
  };
}
