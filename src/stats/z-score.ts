/**
 * @file Distances from the mean in standard deviations: the index of the paper's box plots.
 *
 * The paper does not say which standard deviation it divides by; its own boxes show the sample one over the authors' eight
 * models (src/claims/z-recipe.ts). The choice is an argument without a default.
 */

/** `sample` divides the squared deviations by n - 1, `population` by n. */
export type Deviation = "sample" | "population";

/** @throws RangeError if there are too few values (1 for population, 2 for sample) or one is not finite */
export function standardDeviation(values: ArrayLike<number>, deviation: Deviation): number {
  const n = values.length;
  const divisor = deviation === "sample" ? n - 1 : n;
  if (divisor < 1) throw new RangeError(`standardDeviation (${deviation}): ${n} value(s) are too few`);
  const mean = meanOf(values);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i] - mean) ** 2;
  if (!Number.isFinite(squares)) throw new RangeError("standardDeviation: a value is NaN or infinite");
  return Math.sqrt(squares / divisor);
}

/**
 * `(value - mean) / deviation` of each value. Where all values are equal every z-score is 0: nobody stands out.
 *
 * @example
 * zScores([1, 3], "population"); // => [-1, 1]
 */
export function zScores(values: ArrayLike<number>, deviation: Deviation): number[] {
  const mean = meanOf(values);
  const sd = standardDeviation(values, deviation);
  return Array.from(values, (v) => (sd === 0 ? 0 : (v - mean) / sd));
}

/** @throws RangeError if there is no value */
export function meanOf(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError("meanOf: no values");
  let sum = 0; // left to right, as the official pipeline sums
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
