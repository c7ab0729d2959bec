/** @file The mean with the rounding of the official pipeline, for scores that are compared digit by digit. */

/**
 * The mean, summed from left to right in float64 as the official pipeline does. (`mean` of simple-statistics compensates
 * rounding errors and can differ in the last digit.)
 *
 * @throws RangeError if there is no value
 */
export function meanOf(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError("meanOf: no values");
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
