/** @file A model that gives NaN or infinity is broken: whatever is chosen, averaged or compared from it would be noise. */

/** @throws Error saying how many of the `values` are not finite numbers, and what to look for */
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
    `the model gives ${bad} of ${values.length} ${what} as no finite number (the first, ${first}, is ${values[first]}); ` +
      `its weights are damaged, or its training diverged: take an earlier checkpoint, or fetch the model again`,
  );
}
