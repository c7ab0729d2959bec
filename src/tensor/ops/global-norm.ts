/** @file The length of all gradients as one vector, for clipping. */

import { fusedHost } from "../fused/register";
import { tf } from "../tf";

/** `sqrt(Σ g²)` over every element of every tensor; the sum over tensors is kept in float64. */
export async function globalNorm(gradients: tf.Tensor[]): Promise<number> {
  let total = 0;
  const host = fusedHost();
  for (const gradient of gradients) {
    if (host !== undefined) {
      // in float32, as the other backends give it
      total += Math.fround(host.run("sumOfSquares", [gradient.size], [gradient]));
      continue;
    }
    const square = tf.tidy(() => tf.sum(tf.square(gradient)));
    total += (await square.data())[0];
    square.dispose();
  }
  return Math.sqrt(total);
}
