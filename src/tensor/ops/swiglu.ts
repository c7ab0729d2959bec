/** @file The gated activation of LLaMA's feed-forward block (Shazeer 2020, https://arxiv.org/abs/2002.05202). */

import { fusedOperation } from "../fused/operation";
import { isFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check-arguments";

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
  return fusedOperation([gate, up], ([gate, up], call) => ({
    value: call("Swiglu", { gate, up })[0],
    saved: [gate, up],
    gradient: (dy, [gate, up], call) => call("SwigluGrad", { gate, up, dy }),
  })) as tf.Tensor2D;
}
