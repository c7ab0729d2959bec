/** @file The gradients of a loss: the one door through which training goes, so that a GPU knows what it computes for. */

import { fusedHost } from "../fused/register";
import { tf } from "../tf";

/**
 * `f()` and its gradient for every variable, computed in the precision of training.
 *
 * @returns gradients by variable name; all tensors are the caller's
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
