/** @file One step of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101), as PyTorch computes it. */

import { fusedHost } from "../fused/register";
import { tf } from "../tf";

export interface AdamWState {
  /** first moment, the parameter's shape */
  m: tf.Variable;
  /** second moment, the parameter's shape */
  v: tf.Variable;
}

export interface AdamWHyper {
  learningRate: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** this step's number, from 1 */
  step: number;
  /** multiplies the gradient first: the clipping factor, or 1 over the number of accumulated batches */
  gradientScale: number;
}

/**
 * `p ← p (1 - lr·λ)`, `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`,
 * `p ← p - lr / (1 - β₁ᵗ) · m / (sqrt(v) / sqrt(1 - β₂ᵗ) + eps)`. The decay is decoupled and comes first.
 *
 * Parameter and state change in place; the gradient is left alone.
 */
export function adamWStep(parameter: tf.Variable, gradient: tf.Tensor, state: AdamWState, h: AdamWHyper): void {
  for (const [name, x] of [
    ["gradient", gradient],
    ["m", state.m],
    ["v", state.v],
  ] as const) {
    if (x.dtype !== "float32" || !sameShape(x.shape, parameter.shape)) {
      throw new RangeError(
        `adamWStep: ${name} of ${parameter.name} wants float32 [${parameter.shape}], got ${x.dtype} [${x.shape}]`,
      );
    }
  }
  if (!Number.isInteger(h.step) || h.step < 1) throw new RangeError(`adamWStep: steps count from 1, got ${h.step}`);
  const correction1 = 1 - h.beta1 ** h.step;
  const correction2 = 1 - h.beta2 ** h.step;
  const host = fusedHost();
  if (host !== undefined) {
    for (const variable of [parameter, state.m, state.v]) host.makeWritable(variable);
    const decay = 1 - h.learningRate * h.weightDecay;
    const rate = h.learningRate / correction1;
    const hyper = [decay, h.beta1, h.beta2, h.eps, rate, Math.sqrt(correction2), h.gradientScale];
    host.run("adamw", [parameter.size, ...hyper], [parameter, gradient, state.m, state.v]);
    return;
  }
  tf.tidy(() => {
    const g = tf.mul(gradient, h.gradientScale);
    state.m.assign(tf.add(tf.mul(state.m, h.beta1), tf.mul(g, 1 - h.beta1)));
    state.v.assign(tf.add(tf.mul(state.v, h.beta2), tf.mul(tf.square(g), 1 - h.beta2)));
    const denominator = tf.add(tf.div(tf.sqrt(state.v), Math.sqrt(correction2)), h.eps);
    const decayed = tf.mul(parameter, 1 - h.learningRate * h.weightDecay);
    parameter.assign(tf.sub(decayed, tf.mul(tf.div(state.m, denominator), h.learningRate / correction1)));
  });
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
