/**
 * @file Significance of a difference between two models on the same items: paired permutation test and Holm's
 * correction.
 *
 * `permutationTest` of simple-statistics shuffles items between two independent samples; here the models answered the same
 * items, so signs are flipped item by item.
 */

import type { Rng } from "../util/rng";

/**
 * Two-sided paired permutation test of a mean difference: under the null hypothesis the two models are exchangeable on
 * each item, so each item's difference keeps or flips its sign with equal probability.
 *
 * `p = (1 + #{|flipped sum| >= |observed sum|}) / (1 + permutations)`, which never reaches 0 (Phipson & Smyth 2010). With
 * at most 12 items that differ, all sign patterns are counted instead and p is exact.
 *
 * @param differences - one per item, model a minus model b; weight them before if the score is a macro average
 */
export function pairedPermutationTest(differences: ArrayLike<number>, rng: Rng, permutations = 10_000): number {
  const d = Float64Array.from(differences).filter((v) => v !== 0); // a zero stays zero under any sign
  if (d.some(Number.isNaN)) throw new RangeError("pairedPermutationTest: a difference is NaN");
  let observed = 0;
  let scale = 0;
  for (const v of d) {
    observed += v;
    scale += Math.abs(v);
  }
  const threshold = Math.abs(observed) - 1e-12 * scale; // sums that differ only by rounding count as equal
  if (d.length <= 12) return exactP(d, threshold);
  let extreme = 0;
  for (let r = 0; r < permutations; r++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < d.length; i++) {
      if (i % 32 === 0) bits = rng.uint32();
      sum += bits & 1 ? d[i] : -d[i];
      bits >>>= 1;
    }
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return (1 + extreme) / (1 + permutations);
}

function exactP(d: Float64Array, threshold: number): number {
  const patterns = 2 ** d.length;
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let i = 0; i < d.length; i++) sum += (pattern >> i) & 1 ? d[i] : -d[i];
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return extreme / patterns;
}

/**
 * Holm's step-down adjusted p-values: controls the family-wise error rate.
 *
 * @example
 * holm([0.01, 0.04, 0.03]); // => [0.03, 0.06, 0.06]
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  order.forEach((index, rank) => {
    running = Math.max(running, Math.min(1, (pValues.length - rank) * pValues[index]));
    adjusted[index] = running;
  });
  return adjusted;
}
