/** @file AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101), as in PyTorch. */

import { type Clipping, clipFactor } from "../fused/kernel-host";
import { fusedHost } from "../fused/register";
import { tf } from "../tf";
import { globalNorm } from "./global-norm";

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
  /** multiplies the gradient first: the clipping factor, or 1 / number of accumulated batches */
  gradientScale: number;
}

/** One weight of an update. */
export interface AdamWPart {
  parameter: tf.Variable;
  gradient: tf.Tensor;
  state: AdamWState;
  weightDecay: number;
}

/**
 * One step on every weight, with the gradients clipped by their global norm. If the norm is not finite, nothing
 * changes.
 *
 * @returns the norm of the scaled gradients before clipping; the gradients may be freed as soon as the call returns
 */
export async function adamWUpdate(
  parts: readonly AdamWPart[],
  hyper: Omit<AdamWHyper, "weightDecay" | "gradientScale">,
  clipping: Clipping,
): Promise<number> {
  for (const { parameter, gradient, state } of parts) checkPart("adamWUpdate", parameter, gradient, state);
  checkStep("adamWUpdate", hyper.step);
  const host = fusedHost();
  if (host !== undefined) {
    const weights = parts.map(({ parameter, gradient, state, weightDecay }) => {
      return { parameter, gradient, ...state, hyper: kernelHyper({ ...hyper, weightDecay }) };
    });
    return host.adamw(weights, clipping);
  }
  const gradients = parts.map(({ gradient }) => tf.clone(gradient));
  const norm = (await globalNorm(gradients)) * clipping.scale;
  if (Number.isFinite(norm)) {
    const gradientScale = clipping.scale * clipFactor(norm, clipping.maxNorm);
    for (const [i, { parameter, state, weightDecay }] of parts.entries()) {
      stepPlain(parameter, gradients[i], state, { ...hyper, weightDecay, gradientScale });
    }
  }
  tf.dispose(gradients);
  return norm;
}

/**
 * `p ← p (1 - lr·λ)`, `m ← β₁ m + (1 - β₁) g`, `v ← β₂ v + (1 - β₂) g²`,
 * `p ← p - lr / (1 - β₁ᵗ) · m / (sqrt(v) / sqrt(1 - β₂ᵗ) + eps)`. The decay is decoupled and comes first.
 *
 * Parameter and state change in place; the gradient is not changed.
 */
export function adamWStep(parameter: tf.Variable, gradient: tf.Tensor, state: AdamWState, h: AdamWHyper): void {
  checkPart("adamWStep", parameter, gradient, state);
  checkStep("adamWStep", h.step);
  const host = fusedHost();
  if (host === undefined) {
    stepPlain(parameter, gradient, state, h);
    return;
  }
  for (const variable of [parameter, state.m, state.v]) host.makeWritable(variable);
  const sizes = [parameter.size, ...kernelHyper(h), h.gradientScale];
  host.run("adamw", sizes, [parameter, gradient, state.m, state.v]);
}

/** Decay, beta1, beta2, eps, rate, root of the second moment's correction. */
function kernelHyper(h: Omit<AdamWHyper, "gradientScale">): number[] {
  const decay = 1 - h.learningRate * h.weightDecay;
  const rate = h.learningRate / (1 - h.beta1 ** h.step);
  return [decay, h.beta1, h.beta2, h.eps, rate, Math.sqrt(1 - h.beta2 ** h.step)];
}

function stepPlain(parameter: tf.Variable, gradient: tf.Tensor, state: AdamWState, h: AdamWHyper): void {
  const correction1 = 1 - h.beta1 ** h.step;
  const correction2 = 1 - h.beta2 ** h.step;
  tf.tidy(() => {
    const g = tf.mul(gradient, h.gradientScale);
    state.m.assign(tf.add(tf.mul(state.m, h.beta1), tf.mul(g, 1 - h.beta1)));
    state.v.assign(tf.add(tf.mul(state.v, h.beta2), tf.mul(tf.square(g), 1 - h.beta2)));
    const denominator = tf.add(tf.div(tf.sqrt(state.v), Math.sqrt(correction2)), h.eps);
    const decayed = tf.mul(parameter, 1 - h.learningRate * h.weightDecay);
    parameter.assign(tf.sub(decayed, tf.mul(tf.div(state.m, denominator), h.learningRate / correction1)));
  });
}

function checkPart(op: string, parameter: tf.Variable, gradient: tf.Tensor, state: AdamWState): void {
  for (const [name, x] of [
    ["gradient", gradient],
    ["m", state.m],
    ["v", state.v],
  ] as const) {
    if (x.dtype !== "float32" || !sameShape(x.shape, parameter.shape)) {
      throw new RangeError(
        `${op}: ${name} of ${parameter.name} wants float32 [${parameter.shape}], got ${x.dtype} [${x.shape}]`,
      );
    }
  }
}

function checkStep(op: string, step: number): void {
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`${op}: steps count from 1, got ${step}`);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}
