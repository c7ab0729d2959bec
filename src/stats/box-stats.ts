/**
 * @file Computes the numbers of a box plot, so that the rule is ours and stated once.
 *
 * Box: first and third quartile. Line: median. Whiskers, rule `tukey`: the outermost values that lie within
 * 1.5 interquartile ranges of the box; everything beyond is an outlier and drawn as a dot. Rule `extremes`: smallest and
 * largest value, no outliers.
 */

import { mean } from "simple-statistics";
import { sortedCopy, sortedQuantile } from "./quantile";

export type WhiskerRule = "tukey" | "extremes";

export interface BoxStats {
  n: number;
  mean: number;
  q1: number;
  median: number;
  q3: number;
  /** Ends of the whiskers; they are data values. */
  lowerFence: number;
  upperFence: number;
  /** Values beyond the whiskers, ascending. */
  outliers: number[];
}

/**
 * @throws RangeError if there is no value or one is NaN
 * @example
 * boxStats([1, 2, 3, 4, 100]).outliers; // => [100]: the box is [2, 4], the upper fence at most 4 + 1.5 · 2
 */
export function boxStats(values: ArrayLike<number>, whiskers: WhiskerRule = "tukey"): BoxStats {
  const sorted = sortedCopy(values, "boxStats");
  const q1 = sortedQuantile(sorted, 0.25);
  const q3 = sortedQuantile(sorted, 0.75);
  const reach = whiskers === "tukey" ? 1.5 * (q3 - q1) : Number.POSITIVE_INFINITY;
  const inside = sorted.filter((v) => v >= q1 - reach && v <= q3 + reach);
  return {
    n: sorted.length,
    mean: mean([...sorted]),
    q1,
    median: sortedQuantile(sorted, 0.5),
    q3,
    lowerFence: inside[0],
    upperFence: inside[inside.length - 1],
    outliers: [...sorted.filter((v) => v < q1 - reach || v > q3 + reach)],
  };
}
