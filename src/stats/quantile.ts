/**
 * @file Quantiles by linear interpolation: type 7 of Hyndman & Fan (1996), the rule of R, NumPy, d3 and
 * simple-statistics. Adds checks, since NaN cannot be sorted.
 */

import { quantileSorted } from "simple-statistics";

/**
 * The `p` quantile: with the values sorted as `v[0..n-1]` and `h = (n - 1) p`, the point at fraction `h - floor(h)`
 * between `v[floor(h)]` and its right neighbour.
 *
 * @param values - in any order; not changed
 * @param p - in [0, 1]
 * @throws RangeError if there is no value, one is NaN, or `p` is outside [0, 1]
 * @example
 * quantile([1, 2, 3, 4], 0.25); // => 1.75
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  return sortedQuantile(sortedCopy(values, "quantile"), p);
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** As `quantile`, for values already in ascending order. */
export function sortedQuantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError("quantile: no values");
  if (!(p >= 0 && p <= 1)) throw new RangeError(`quantile: want p in [0, 1], got ${p}`);
  return quantileSorted(sorted as number[], p);
}

/** Ascending copy. @throws RangeError naming the first NaN */
export function sortedCopy(values: ArrayLike<number>, who: string): Float64Array {
  const sorted = Float64Array.from(values);
  const bad = sorted.findIndex(Number.isNaN);
  if (bad >= 0) throw new RangeError(`${who}: value ${bad} of ${sorted.length} is NaN; drop or fix it first`);
  return sorted.sort();
}
