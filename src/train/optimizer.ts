/** @file AdamW over all weights of a model, with gradient clipping, equal to PyTorch's AdamW step by step. */

import { type AdamWPart, adamWUpdate, tf } from "../tensor";

export interface AdamWSettings {
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /**
   * Parameters with weight decay. "all": every parameter (PyTorch's default). "matrices": all but the norms
   * (transformers' Trainer).
   */
  decay: "all" | "matrices";
  /** Maximum gradient norm for clipping; null disables it. */
  maxGradNorm: number | null;
}

/** Optimizer state: two moments for each weight. Owns its tensors; `dispose` frees them. */
export class AdamW {
  /** Number of updates so far. */
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
   * One update. A weight without a gradient keeps its value and moments, as in PyTorch.
   *
   * @param gradients - by weight name; disposed here
   * @param scale - multiplies every gradient first, for example 1 / number of loss tokens
   * @returns the norm of the scaled gradients before clipping
   * @throws Error if the norm is not finite; the weights are then unchanged
   */
  async update(gradients: Map<string, tf.Tensor>, learningRate: number, scale: number): Promise<number> {
    const { beta1, beta2, eps, weightDecay, decay, maxGradNorm } = this.settings;
    const parts: AdamWPart[] = [];
    for (const [name, gradient] of gradients) {
      const parameter = this.weights.get(name)!;
      const decays = decay === "all" || parameter.rank > 1;
      const state = { m: this.m.get(name)!, v: this.v.get(name)! };
      parts.push({ parameter, gradient, state, weightDecay: decays ? weightDecay : 0 });
    }
    const hyper = { learningRate, beta1, beta2, eps, step: this.step + 1 };
    let pending: Promise<number>;
    try {
      pending = adamWUpdate(parts, hyper, { scale, maxNorm: maxGradNorm });
    } finally {
      tf.dispose([...gradients.values()]);
    }
    const norm = await pending;
    if (!Number.isFinite(norm)) throw new Error(`AdamW: the gradient norm of update ${this.step + 1} is ${norm}`);
    this.step++;
    return norm;
  }

  /** Copies of both moments, named `m.<weight>` and `v.<weight>`. */
  async state(): Promise<Map<string, { shape: number[]; values: Float32Array }>> {
    const state = new Map<string, { shape: number[]; values: Float32Array }>();
    for (const [moment, variables] of [
      ["m", this.m],
      ["v", this.v],
    ] as const) {
      for (const [name, variable] of variables) {
        const values = (await variable.data<"float32">()).slice();
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
