/** @file Root-mean-square normalisation (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467). */

import { fusedOperation } from "../fused/operation";
import { isFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check-arguments";

/**
 * `y[n] = weight * x[n] / sqrt(mean(x[n]^2) + eps)`.
 *
 * @param x - `[N, C]`
 * @param weight - `[C]`
 * @param eps - inside the root, as in Hugging Face's LLaMA
 * @returns `[N, C]`, owned by the caller
 */
export function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D {
  const [, C] = check.matrix("rmsNorm", "x", x);
  check.same("rmsNorm", "the length of weight", check.vector("rmsNorm", "weight", weight), C);
  if (!(eps >= 0)) throw new RangeError(`rmsNorm: eps wants a number of at least 0, got ${eps}`);
  return isFused() ? rmsNormFused(x, weight, eps) : rmsNormPlain(x, weight, eps);
}

function rmsNormFused(x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D {
  return fusedOperation([x, weight], ([x, weight], call) => {
    const [value, inverse] = call("RmsNorm", { x, weight }, { eps });
    return {
      value,
      saved: [x, weight, inverse],
      gradient: (dy, [x, weight, inverse], call) => call("RmsNormGrad", { x, weight, inverse, dy }),
    };
  }) as tf.Tensor2D;
}

function rmsNormPlain(x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D {
  return tf.tidy(() => {
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), eps)); // [N, 1]
    return tf.mul(tf.mul(x, inverse), weight);
  });
}
