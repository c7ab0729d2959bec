/** @file Comparisons of numbers for tests. */

import assert from "node:assert/strict";

export interface Tolerance {
  rtol?: number;
  atol?: number;
}

export function isClose(actual: number, expected: number, { rtol = 1e-6, atol = 1e-9 }: Tolerance = {}): boolean {
  return Object.is(actual, expected) || Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}

/** Every element close; the message names the first that is not, and the largest difference. */
export function assertAllClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance = {},
  what = "values",
): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  let worst = 0;
  let first = -1;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= worst)) worst = difference;
    if (first < 0 && !isClose(actual[i], expected[i], tolerance)) first = i;
  }
  assert.ok(
    first < 0,
    `${what}: [${first}] is ${actual[first]}, want ${expected[first]}; largest difference ${worst} of ${actual.length} values`,
  );
}
