/** @file AdamW over all weights of a model, with gradient clipping, equal to PyTorch's step by step. */

import { adamWStep, globalNorm, tf } from "../tensor";

export interface AdamWSettings {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** "all": every parameter (PyTorch's default). "matrices": not the norms (transformers' Trainer). */
  decay: "all" | "matrices";
  /** Gradients are scaled down to this norm; null leaves them as they are. */
  maxGradNorm: number | null;
}

/** `mean(gradient)` norm as PyTorch's `clip_grad_norm_`: factor `min(1, max / (norm + 1e-6))`. */
export function clipFactor(norm: number, maxGradNorm: number | null): number {
  return maxGradNorm === null ? 1 : Math.min(1, maxGradNorm / (norm + 1e-6));
}

/** Optimiser state: two moments for each weight. Owns its tensors; `dispose` frees them. */
export class AdamW {
  /** Updates made so far. */
  step = 0;
  private readonly settings: AdamWSettings;
  private readonly weights: ReadonlyMap<string, tf.Variable>;
  private readonly m = new Map<string, tf.Variable>();
  private readonly v = new Map<string, tf.Variable>();

  constructor(weights: ReadonlyMap<string, tf.Variable>, settings: AdamWSettings) {
    this.settings = settings;
    this.weights = weights;
    for (const [name, weight] of weights) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zeros(weight.shape), false));
      this.m.set(name, zeros());
      this.v.set(name, zeros());
    }
  }

  /**
   * One update. A weight without a gradient is left alone, moments and all, as PyTorch does.
   *
   * @param gradients - by weight name; disposed here
   * @param scale - multiplies every gradient first, for example 1 / number of loss tokens
   * @returns the norm of the scaled gradients before clipping
   * @throws Error if the norm is not finite; the weights are then unchanged
   */
  async update(gradients: Map<string, tf.Tensor>, learningRate: number, scale: number): Promise<number> {
    const norm = (await globalNorm([...gradients.values()])) * scale;
    try {
      if (!Number.isFinite(norm)) throw new Error(`AdamW: the gradient norm of update ${this.step + 1} is ${norm}`);
      this.step++;
      const { beta1, beta2, eps, weightDecay, decay, maxGradNorm } = this.settings;
      const gradientScale = scale * clipFactor(norm, maxGradNorm);
      for (const [name, gradient] of gradients) {
        const weight = this.weights.get(name)!;
        const decays = decay === "all" || weight.rank > 1;
        adamWStep(
          weight,
          gradient,
          { m: this.m.get(name)!, v: this.v.get(name)! },
          { learningRate, beta1, beta2, eps, weightDecay: decays ? weightDecay : 0, step: this.step, gradientScale },
        );
      }
      return norm;
    } finally {
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }

  /** Copies of both moments, named `m.<weight>` and `v.<weight>`. */
  async state(): Promise<Map<string, { shape: number[]; values: Float32Array }>> {
    const state = new Map<string, { shape: number[]; values: Float32Array }>();
    for (const [moment, variables] of [
      ["m", this.m],
      ["v", this.v],
    ] as const) {
      for (const [name, variable] of variables) {
        const values = Float32Array.from(await variable.data<"float32">());
        state.set(`${moment}.${name}`, { shape: variable.shape, values });
      }
    }
    return state;
  }

  /** Continue from a saved state. */
  restore(step: number, moment: (name: string) => Float32Array): void {
    this.step = step;
    for (const [prefix, variables] of [
      ["m", this.m],
      ["v", this.v],
    ] as const) {
      for (const [name, variable] of variables) {
        tf.tidy(() => variable.assign(tf.tensor(moment(`${prefix}.${name}`), variable.shape, "float32")));
      }
    }
  }

  dispose(): void {
    for (const variable of [...this.m.values(), ...this.v.values()]) variable.dispose();
  }
}
