/**
 * @file What a score would do on other items: intervals from the score and the number of items alone.
 *
 * For published numbers nothing else is known. Shares: Wilson's interval. Macro averages: the items count as few as the
 * small groups make them. F1: the binomial error of its Jaccard index, over the true positives at least. Variance
 * explained: Fisher's transformation of a partial correlation. Two models on the same items: how far their difference
 * may vary depends on how many items they judge differently, which shares bound from both sides.
 */

import { normalQuantile } from "./normal-quantile";

/**
 * Wilson's score interval of a share of `n` independent items.
 *
 * @param share - in [0, 1]
 * @param n - items, at least 1; fractional for the effective number of a macro average
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
 * As many items as a plain share would need to be as exact as the mean of group shares: `G² / Σ 1/n_g`, where all groups
 * have the same share.
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
 * F1 = 2J / (1 + J) with the Jaccard index J = TP / (TP + FP + FN), a share of the items that are positive or called so:
 * at least all positives. The delta method gives the error of F1 from that of J.
 */
export function f1StandardError(f1: number, positives: number): number {
  const jaccard = f1 / (2 - f1);
  return (2 / (1 + jaccard) ** 2) * Math.sqrt((jaccard * (1 - jaccard)) / positives);
}

/**
 * Interval of the share of remaining variance that one more predictor explains: the square of a partial correlation,
 * whose inverse hyperbolic tangent has the standard error `1 / √(n - 3)`. It always contains the estimate; where the
 * correlation's interval contains 0 it starts at 0.
 *
 * @param share - in [0, 1)
 * @param n - rows of the regression, at least 4
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
  /** The two models agree wherever their shares allow it. */
  least: number;
  /** Their errors have nothing to do with each other. */
  independent: number;
  /** They disagree on as many items as their shares allow. */
  most: number;
}

/**
 * Standard error of the difference of two shares of the same `n` items, of which only the shares are known.
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
