/**
 * @file Number of runs that a one-sample t-test needs to detect an effect, from its power under the noncentral t
 * distribution.
 *
 * The noncentral t is integrated numerically over its chi-distributed denominator, without the normal approximation,
 * which is too optimistic for three or four runs.
 */

import { errorFunction } from "simple-statistics";
import { criticalT, logGamma } from "./student-t";

/** [ours] The usual levels: a two-sided test at 5 % with power 0.8. */
const POWER_LEVELS = { alpha: 0.05, power: 0.8 } as const;

/**
 * Probability that a two-sided one-sample t-test at level `alpha` on `n` values rejects "the mean is zero".
 *
 * @param effect - true mean in units of the standard deviation of one value
 * @param n - 2 or more
 * @example
 * tTestPower(1, 10); // => 0.803, as in statsmodels' TTestPower
 */
export function tTestPower(effect: number, n: number, alpha: number = POWER_LEVELS.alpha): number {
  if (!(Number.isInteger(n) && n >= 2)) throw new RangeError(`tTestPower: want n of 2 or more, got ${n}`);
  const df = n - 1;
  const limit = criticalT(alpha, df);
  const shift = Math.abs(effect) * Math.sqrt(n);
  const accepted = (s: number) => normalCdf(limit * s - shift) - normalCdf(-limit * s - shift);
  return 1 - integrate((s) => accepted(s) * scaledChiDensity(s, df), 0, 1 + 12 / Math.sqrt(df));
}

/**
 * The smallest number of runs whose test has the wanted power; infinite for no effect, and `most` + 1 if `most` runs
 * are not enough.
 *
 * @param effect - true mean in units of the standard deviation of one run
 */
export function runsNeeded(
  effect: number,
  { alpha, power }: { alpha: number; power: number } = POWER_LEVELS,
  most = 10_000,
): number {
  if (effect === 0) return Number.POSITIVE_INFINITY;
  let [low, high] = [1, 2];
  while (high <= most && tTestPower(effect, high, alpha) < power) [low, high] = [high, 2 * high];
  if (high > most && tTestPower(effect, most, alpha) < power) return most + 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (tTestPower(effect, middle, alpha) < power) low = middle;
    else high = middle;
  }
  return high;
}

/** The standard normal distribution function; its error is that of the error function, below 1.2e-7. */
const normalCdf = (x: number) => (1 + errorFunction(x / Math.SQRT2)) / 2;

/** Density of s = sqrt(chi2 / df). */
function scaledChiDensity(s: number, df: number): number {
  if (s <= 0) return df === 1 ? Math.sqrt(2 / Math.PI) : 0;
  return Math.exp(
    Math.LN2 + (df / 2) * Math.log(df / 2) - logGamma(df / 2) + (df - 1) * Math.log(s) - (df * s * s) / 2,
  );
}

/** Simpson's rule on 10,000 intervals. */
function integrate(f: (x: number) => number, from: number, to: number): number {
  const steps = 10_000;
  const width = (to - from) / steps;
  let sum = f(from) + f(to);
  for (let i = 1; i < steps; i++) sum += f(from + i * width) * (i % 2 === 1 ? 4 : 2);
  return (sum * width) / 3;
}
