/** @file Pearson's r, and Spearman's rho as Pearson's r of average ranks (the rule of SciPy). */

import { sampleCorrelation, sampleRankCorrelation } from "simple-statistics";

/**
 * Pearson's product-moment correlation.
 *
 * @returns in [-1, 1]; NaN if either side is constant, because the correlation is then undefined
 * @throws RangeError if the lengths differ or there are fewer than two pairs
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPairs("pearson", x, y);
  if (isConstant(x) || isConstant(y)) return Number.NaN;
  return clamped(sampleCorrelation(Array.from(x), Array.from(y)));
}

/**
 * Spearman's rank correlation; ties share the mean of their ranks.
 *
 * @example
 * spearman([1, 2, 2, 9], [1, 4, 4, 5]); // => 1: the orders agree, ties included
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkPairs("spearman", x, y);
  if (isConstant(x) || isConstant(y)) return Number.NaN;
  return clamped(sampleRankCorrelation(Array.from(x), Array.from(y)));
}

/** Rounding can make a correlation slightly larger than 1. */
function clamped(r: number): number {
  return Math.max(-1, Math.min(1, r));
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}

function checkPairs(who: string, x: ArrayLike<number>, y: ArrayLike<number>): void {
  if (x.length !== y.length || x.length < 2) {
    throw new RangeError(`${who}: want two lists of one length, at least 2; got ${x.length} and ${y.length}`);
  }
}
