/** @file Quantiles of the chi-squared distribution, by the series of the incomplete gamma function (DLMF 8.7.1). */

import { logGamma } from "./student-t";

/**
 * The `p` quantile of the chi-squared distribution with `df` degrees of freedom.
 *
 * @example
 * chiSquaredQuantile(0.95, 1); // => 3.841, the square of 1.960
 */
export function chiSquaredQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1 && df > 0))
    throw new RangeError(`chiSquaredQuantile: want 0 < p < 1 and df > 0, got ${p}, ${df}`);
  let [low, high] = [0, df];
  while (chiSquaredCdf(high, df) < p) [low, high] = [high, 2 * high];
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (chiSquaredCdf(middle, df) < p) low = middle;
    else high = middle;
  }
  return high;
}

function chiSquaredCdf(x: number, df: number): number {
  const [a, z] = [df / 2, x / 2];
  if (z <= 0) return 0;
  let term = Math.exp(a * Math.log(z) - z - logGamma(a + 1));
  let sum = term;
  for (let n = 1; n < 10_000 && term > 1e-17 * sum; n++) {
    term *= z / (a + n);
    sum += term;
  }
  return Math.min(1, sum);
}
