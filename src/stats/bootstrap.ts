/** @file Percentile bootstrap intervals (Efron 1979): resample the items with replacement, recompute, cut the tails. */

import type { Rng } from "../util/rng";
import { meanOf } from "./mean";
import { sortedCopy, sortedQuantile } from "./quantile";

export interface BootstrapSettings {
  /** Number of resamples; with 1000 the error of a 95 % bound is at most about a fifth of the interval's width. */
  resamples: number;
  /** Coverage, for example 0.95. */
  level: number;
}

export const BOOTSTRAP: BootstrapSettings = { resamples: 1000, level: 0.95 }; // [ours]

/**
 * Interval of any statistic of `n` exchangeable items.
 *
 * @param statistic - statistic of the items with these indices (length n, repeats allowed); resamples with NaN are left
 *   out
 * @returns null if there are fewer than two items or no resample gives a number
 */
export function bootstrapInterval(
  n: number,
  statistic: (indices: Uint32Array) => number,
  rng: Rng,
  { resamples, level }: BootstrapSettings = BOOTSTRAP,
): [number, number] | null {
  if (n < 2) return null;
  const indices = new Uint32Array(n);
  const values: number[] = [];
  for (let r = 0; r < resamples; r++) {
    drawIndices(indices, n, rng);
    const value = statistic(indices);
    if (!Number.isNaN(value)) values.push(value);
  }
  return percentiles(values, level);
}

/**
 * Interval of a mean of group means (a macro average): items are resampled within their group, because the benchmark
 * fixes the groups (such as BLiMP's paradigms).
 *
 * @param groups - the items' values, group by group; empty groups are not allowed
 * @param combine - group means to the statistic; default their plain mean
 */
export function groupedBootstrapInterval(
  groups: readonly ArrayLike<number>[],
  rng: Rng,
  combine: (means: readonly number[]) => number = meanOf,
  { resamples, level }: BootstrapSettings = BOOTSTRAP,
): [number, number] | null {
  const n = groups.reduce((sum, g) => sum + g.length, 0);
  if (n < 2) return null;
  const draw = groups.map((g) => resampledMean(g, rng));
  const values: number[] = [];
  for (let r = 0; r < resamples; r++) values.push(combine(draw.map((mean) => mean())));
  return percentiles(values, level);
}

/**
 * Returns a function that draws the mean of a resample of `group`.
 *
 * If there are only two values, such as right and wrong, the number of the larger one in a resample is binomial. One
 * draw from that distribution replaces n draws of items: 59,875 items need 67 draws.
 */
function resampledMean(group: ArrayLike<number>, rng: Rng): () => number {
  const n = group.length;
  const distinct = [...new Set(Array.from(group))].sort((a, b) => a - b);
  if (distinct.length === 1) return () => distinct[0];
  if (distinct.length > 2) {
    return () => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += group[scaled(rng.uint32(), n)];
      return sum / n;
    };
  }
  const [low, high] = distinct;
  const share = Array.from(group).filter((v) => v === high).length / n;
  const cumulative = binomialCdf(n, share);
  return () => {
    const u = rng.next();
    let [from, to] = [0, n]; // the first count whose cumulative probability exceeds u
    while (from < to) {
      const middle = (from + to) >> 1;
      if (cumulative[middle] > u) to = middle;
      else from = middle + 1;
    }
    return (from * high + (n - from) * low) / n;
  };
}

/** `P(X <= k)` for k = 0 .. n, in logarithms so that large n do not underflow. */
function binomialCdf(n: number, p: number): Float64Array {
  const cumulative = new Float64Array(n + 1);
  let logMass = n * Math.log1p(-p);
  let total = 0;
  for (let k = 0; k <= n; k++) {
    total += Math.exp(logMass);
    cumulative[k] = total;
    logMass += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return cumulative.map((c) => c / total);
}

function drawIndices(indices: Uint32Array, n: number, rng: Rng): void {
  for (let i = 0; i < n; i++) indices[i] = scaled(rng.uint32(), n);
}

/** A 32-bit draw as an index below n; the bias is below n / 2^32. */
function scaled(draw: number, n: number): number {
  return Math.floor((draw / 4294967296) * n);
}

function percentiles(values: readonly number[], level: number): [number, number] | null {
  if (values.length === 0) return null;
  const sorted = sortedCopy(values, "bootstrap");
  return [sortedQuantile(sorted, (1 - level) / 2), sortedQuantile(sorted, (1 + level) / 2)];
}
