/**
 * @file Distances from the mean in standard deviations: the index of the paper's box plots.
 *
 * The paper does not say which standard deviation it divides by; its own boxes show the sample one over the authors' eight
 * models (src/claims/z-recipe.ts). The choice is an argument without a default.
 */

import { mean, standardDeviation as populationDeviation, sampleStandardDeviation } from "simple-statistics";

/** `sample` divides the squared deviations by n - 1, `population` by n. */
export type Deviation = "sample" | "population";

/** @throws RangeError if there are too few values (1 for population, 2 for sample) or one is not finite */
export function standardDeviation(values: ArrayLike<number>, deviation: Deviation): number {
  const list = Array.from(values);
  if (list.length < (deviation === "sample" ? 2 : 1)) {
    throw new RangeError(`standardDeviation (${deviation}): ${list.length} value(s) are too few`);
  }
  if (!list.every(Number.isFinite)) throw new RangeError("standardDeviation: a value is NaN or infinite");
  return deviation === "sample" ? sampleStandardDeviation(list) : populationDeviation(list);
}

/**
 * `(value - mean) / deviation` of each value. Where all values are equal every z-score is 0: nobody stands out.
 *
 * @example
 * zScores([1, 3], "population"); // => [-1, 1]
 */
export function zScores(values: ArrayLike<number>, deviation: Deviation): number[] {
  const list = Array.from(values);
  const sd = standardDeviation(list, deviation);
  // equal values can have a mean that differs in the last bit, and a deviation that is not quite 0
  if (list.every((v) => v === list[0])) return list.map(() => 0);
  const centre = mean(list);
  return list.map((v) => (v - centre) / sd);
}

/**
 * The mean, summed left to right as the official pipeline sums; its scores are compared digit by digit. (`mean` of
 * simple-statistics compensates rounding and can differ in the last digit.)
 *
 * @throws RangeError if there is no value
 */
export function meanOf(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError("meanOf: no values");
  let sum = 0; // left to right, as the official pipeline sums
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
