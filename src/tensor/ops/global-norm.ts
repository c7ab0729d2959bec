/** @file The length of all gradients as one vector, for clipping. */

import { isFused, runFused } from "../fused/register";
import { tf } from "../tf";

/** `sqrt(Σ g²)` over every element of every tensor; the sum over tensors is kept in float64. */
export async function globalNorm(gradients: tf.Tensor[]): Promise<number> {
  let total = 0;
  for (const gradient of gradients) {
    const square = isFused()
      ? runFused("SumOfSquares", { x: gradient })[0]
      : tf.tidy(() => tf.sum(tf.square(gradient)));
    total += (await square.data())[0];
    square.dispose();
  }
  return Math.sqrt(total);
}
