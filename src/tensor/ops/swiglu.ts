/** @file The gated activation of LLaMA's feed-forward block (Shazeer 2020, https://arxiv.org/abs/2002.05202). */

import { isFused, runFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check";

/**
 * `silu(gate) * up`, where `silu(g) = g / (1 + exp(-g))`.
 *
 * @param gate - `[N, F]`
 * @param up - `[N, F]`
 * @returns `[N, F]`, owned by the caller
 */
export function swiglu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  const [N, F] = check.matrix("swiglu", "gate", gate);
  const [rows, columns] = check.matrix("swiglu", "up", up);
  check.same("swiglu", "the rows of up", rows, N);
  check.same("swiglu", "the columns of up", columns, F);
  return isFused() ? swigluFused(gate, up) : tf.tidy(() => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up));
}

function swigluFused(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  const activate = tf.customGrad((gate, up, save) => {
    const inputs = { gate: gate as tf.Tensor, up: up as tf.Tensor };
    (save as tf.GradSaveFunc)([inputs.gate, inputs.up]);
    return {
      value: runFused("Swiglu", inputs)[0],
      gradFunc: (dy: tf.Tensor, [gate, up]: tf.Tensor[]) => runFused("SwigluGrad", { gate, up, dy }),
    };
  });
  return activate(gate, up) as tf.Tensor2D;
}
