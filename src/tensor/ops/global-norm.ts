/** @file The global norm of all gradients, for clipping. */

import { fusedHost } from "../fused/register";
import { tf } from "../tf";

/** `sqrt(Σ g²)` over every element of every tensor; the sum over tensors is in float64. */
export async function globalNorm(gradients: readonly tf.Tensor[]): Promise<number> {
  const host = fusedHost();
  if (host !== undefined) return host.norm(gradients);
  let total = 0;
  for (const gradient of gradients) {
    const square = tf.tidy(() => tf.sum(tf.square(gradient)));
    total += (await square.data())[0];
    square.dispose();
  }
  return Math.sqrt(total);
}
