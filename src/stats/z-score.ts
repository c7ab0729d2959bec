/**
 * @file z-scores: distances from the mean in standard deviations, as in the paper's box plots.
 *
 * The paper does not say which standard deviation it uses; its boxes show the sample deviation over the authors' eight
 * models (src/claims/z-recipe.ts). Here the caller must choose.
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
 * `(value - mean) / deviation` of each value. If all values are equal, every z-score is 0.
 *
 * @example
 * zScores([1, 3], "population"); // => [-1, 1]
 */
export function zScores(values: ArrayLike<number>, deviation: Deviation): number[] {
  const list = Array.from(values);
  const sd = standardDeviation(list, deviation);
  // the mean of equal values can differ from them in the last bit, so that the deviation is not exactly 0
  if (list.every((v) => v === list[0])) return list.map(() => 0);
  const centre = mean(list);
  return list.map((v) => (v - centre) / sd);
}
