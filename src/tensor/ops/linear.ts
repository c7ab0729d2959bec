/** @file A linear map without bias, in the layout of Hugging Face checkpoints. */

import { fusedOperation, isInBlock } from "../fused/operation";
import { tf } from "../tf";
import * as check from "./check-arguments";

/**
 * `y = x · weightᵀ`.
 *
 * @param x - `[N, I]`
 * @param weight - `[O, I]`, one row per output, as in PyTorch and Hugging Face
 * @param rows - only with `canLeaveOutRows`: `[N]` ascending, the rows that those of x are in a larger matrix, of which
 *   the others were left out; the gradient of the weight then has the bytes of the larger product
 * @returns `[N, O]`, owned by the caller
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, rows?: Int32Array | null): tf.Tensor2D {
  const [, inputs] = check.matrix("linear", "x", x);
  const [, wanted] = check.matrix("linear", "weight", weight);
  check.same("linear", "the width of x", inputs, wanted);
  if (isInBlock()) {
    return fusedOperation([x, weight], ([x, weight], call) => ({
      value: call("Linear", { x, weight })[0],
      saved: [x, weight],
      isLinear: true,
      gradient: (dy, [x, weight], call) => call("LinearGrad", { x, weight, dy }, { rows: rows ?? undefined }),
    })) as tf.Tensor2D;
  }
  return tf.matMul(x, weight, false, true); // every backend has its own matrix product and gradient
}
