/** @file Root-mean-square normalisation (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467). */

import { isFused, runFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check";

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
  const norm = tf.customGrad((x, weight, save) => {
    const inputs = { x: x as tf.Tensor, weight: weight as tf.Tensor };
    const [y, inverse] = runFused("RmsNorm", inputs, { eps });
    (save as tf.GradSaveFunc)([inputs.x, inputs.weight, inverse]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, [x, weight, inverse]: tf.Tensor[]) =>
        runFused("RmsNormGrad", { x, weight, inverse, dy }),
    };
  });
  return norm(x, weight) as tf.Tensor2D;
}

function rmsNormPlain(x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D {
  return tf.tidy(() => {
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), eps)); // [N, 1]
    return tf.mul(tf.mul(x, inverse), weight);
  });
}
