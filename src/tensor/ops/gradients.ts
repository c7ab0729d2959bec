/**
 * @file Loss and gradients, in the precision of training. All training uses this function, because it tells a
 * GPU that the kernels are for training.
 */

import { fusedHost } from "../fused/register";
import { tf } from "../tf";

/**
 * `f()` and its gradient for every variable, computed in the precision of training.
 *
 * @returns gradients by variable name; the caller owns all tensors
 */
export function lossAndGradients(
  f: () => tf.Scalar,
  variables: tf.Variable[],
): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  const host = fusedHost();
  host?.setPurpose("training");
  try {
    return tf.variableGrads(f, variables);
  } finally {
    host?.setPurpose("scoring");
  }
}
