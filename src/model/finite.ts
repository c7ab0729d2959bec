/** @file Checks that a model's outputs are finite; NaN or infinity means that the model is broken. */

/** @throws Error with the number of `values` that are not finite, and what to check */
export function requireFinite(values: ArrayLike<number>, what: string): void {
  let bad = 0;
  let first = -1;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    if (first < 0) first = i;
    bad++;
  }
  if (bad === 0) return;
  throw new Error(
    `${bad} of the model's ${values.length} ${what} are not finite (the first, ${first}, is ${values[first]}); ` +
      `its weights are damaged, or its training diverged: use an earlier checkpoint, or fetch the model again`,
  );
}
