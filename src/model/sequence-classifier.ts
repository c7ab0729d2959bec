/**
 * @file A classifier on top of a LLaMA, as in the BabyLM 2025 pipeline (`finetune/classifier_model.py`): LayerNorm
 * without weights, Linear(C, C), GELU (erf), LayerNorm without weights, dropout, Linear(C, labels).
 *
 * The position whose state is classified is decisive for a causal model, so it can be chosen (`Pooling`). The
 * pipeline's `--take_final` with right padding, which reads a padding position for all but the longest row, is not
 * implemented.
 */

import { embedding, linear, tf } from "../tensor";
import type { Rng } from "../util/rng";
import type { Llama } from "./llama";
import { emptyBatch, packSequences, place, type TokenBatch } from "./token-batch";

/**
 * - `first`: the first token. [pipeline] the default, and the setting of the official script; in a causal model this
 *   state depends on that token only.
 * - `last_left_padded`: the last token, with positions counted from the left edge of the padded batch ([pipeline]
 *   `--take_final --padding_side left`). Rotary positions are relative, so it differs from `last_real` by rounding only.
 * - `last_real`: the last token, [ours].
 */
export type Pooling = "first" | "last_left_padded" | "last_real";

/** All poolings, the official one first. */
export const POOLINGS: readonly Pooling[] = ["first", "last_left_padded", "last_real"];

const LAYER_NORM_EPS = 1e-5; // [pipeline finetune/run.py]

/** The model with a classification head. Owns the head, not the model. */
export class SequenceClassifier {
  readonly llama: Llama;
  readonly pooling: Pooling;
  readonly numLabels: number;
  /** Weights of the head by the pipeline's names: `nonlinearity.1` is the hidden layer, `nonlinearity.5` the output. */
  readonly head: ReadonlyMap<string, tf.Variable>;

  private constructor(llama: Llama, pooling: Pooling, numLabels: number, head: Map<string, tf.Variable>) {
    this.llama = llama;
    this.pooling = pooling;
    this.numLabels = numLabels;
    this.head = head;
  }

  /** A new head: weights and biases uniform in ±1/√C (PyTorch's default). The model is not copied. */
  static init(llama: Llama, numLabels: number, pooling: Pooling, rng: Rng): SequenceClassifier {
    const C = llama.config.hiddenSize;
    const bound = 1 / Math.sqrt(C);
    const values = new Map<string, Float32Array>();
    for (const [name, shape] of headShapes(C, numLabels)) {
      const stream = rng.fork(name);
      const size = shape.reduce((product, n) => product * n, 1);
      values.set(
        name,
        new Float32Array(size).map(() => bound * (2 * stream.next() - 1)),
      );
    }
    return SequenceClassifier.fromValues(llama, numLabels, pooling, values);
  }

  /** A classifier with a given head. @throws Error naming the tensor that is missing or has the wrong size */
  static fromValues(
    llama: Llama,
    numLabels: number,
    pooling: Pooling,
    values: ReadonlyMap<string, Float32Array>,
  ): SequenceClassifier {
    const head = new Map<string, tf.Variable>();
    for (const [name, shape] of headShapes(llama.config.hiddenSize, numLabels)) {
      const array = values.get(name);
      if (array === undefined || array.length !== shape.reduce((product, n) => product * n, 1)) {
        throw new Error(`SequenceClassifier: ${name} has ${array?.length ?? "no"} numbers, want [${shape}]`);
      }
      head.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(array), shape, "float32"))),
      );
    }
    return new SequenceClassifier(llama, pooling, numLabels, head);
  }

  /** Trainable weights by name: the head, and the model without its output matrix. */
  trainable(): Map<string, tf.Variable> {
    const weights = new Map<string, tf.Variable>();
    for (const [name, variable] of this.llama.weights) if (name !== "lm_head.weight") weights.set(name, variable);
    for (const [name, variable] of this.head) weights.set(name, variable);
    return weights;
  }

  /**
   * `[rows, numLabels]` unnormalised scores.
   *
   * @param rows - token ids of each text
   * @param keep - `[rows * C]` dropout mask, already divided by the probability to keep; null drops nothing
   */
  logits(rows: readonly ArrayLike<number>[], keep: Float32Array | null = null): tf.Tensor2D {
    const { batch, positions } = this.layOut(rows);
    const C = this.llama.config.hiddenSize;
    return tf.tidy(() => {
      const pooled = embedding(this.llama.hidden(batch, positions), positions); // [rows, C]
      const hidden = gelu(affine(layerNorm(pooled), this.part("nonlinearity.1"))); // [rows, C]
      const normed = layerNorm(hidden);
      const kept = keep === null ? normed : tf.mul(normed, tf.tensor2d(keep, [rows.length, C], "float32"));
      return affine(kept as tf.Tensor2D, this.part("nonlinearity.5")); // [rows, numLabels]
    });
  }

  /**
   * Sum over the rows of the cross-entropy in nats.
   *
   * @param labels - class of each row
   */
  lossSum(rows: readonly ArrayLike<number>[], labels: readonly number[], keep: Float32Array | null = null): tf.Scalar {
    return tf.tidy(() => {
      const logits = this.logits(rows, keep);
      const oneHot = tf.oneHot(tf.tensor1d([...labels], "int32"), this.numLabels);
      return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), oneHot))) as tf.Scalar;
    });
  }

  /** Free the head; the model stays with the caller. */
  dispose(): void {
    for (const variable of this.head.values()) variable.dispose();
  }

  private part(name: string): { weight: tf.Tensor2D; bias: tf.Tensor1D } {
    return {
      weight: this.head.get(`${name}.weight`) as unknown as tf.Tensor2D,
      bias: this.head.get(`${name}.bias`) as unknown as tf.Tensor1D,
    };
  }

  /** The rows as a batch without padding, and the position in each that is classified. */
  private layOut(rows: readonly ArrayLike<number>[]): { batch: TokenBatch; positions: Int32Array } {
    if (rows.some((ids) => ids.length === 0)) throw new RangeError("SequenceClassifier: a row has no tokens");
    if (this.pooling === "first") {
      // The first state depends on the first token only, so the rest need not be computed.
      const batch = emptyBatch(rows.length, 1);
      for (const [row, ids] of rows.entries()) place(batch, row, 0, ids, { to: 1 });
      return { batch, positions: Int32Array.from(rows, (_, row) => row) };
    }
    const longest = Math.max(...rows.map((ids) => ids.length));
    const { batch, placements } = packSequences(rows, longest);
    const positions = new Int32Array(rows.length);
    for (const [i, { row, column }] of placements.entries()) {
      const ids = rows[i];
      if (this.pooling === "last_left_padded") place(batch, row, column, ids, { position: longest - ids.length });
      positions[i] = row * batch.T + column + ids.length - 1;
    }
    return { batch, positions };
  }
}

function headShapes(C: number, numLabels: number): [string, number[]][] {
  return [
    ["nonlinearity.1.weight", [C, C]],
    ["nonlinearity.1.bias", [C]],
    ["nonlinearity.5.weight", [numLabels, C]],
    ["nonlinearity.5.bias", [numLabels]],
  ];
}

/** Normalise each row to mean 0 and (population) variance 1. */
function layerNorm(x: tf.Tensor2D): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true);
  return tf.div(centred, tf.sqrt(tf.add(variance, LAYER_NORM_EPS)));
}

function affine(x: tf.Tensor2D, { weight, bias }: { weight: tf.Tensor2D; bias: tf.Tensor1D }): tf.Tensor2D {
  return tf.add(linear(x, weight), bias);
}

/** `x Φ(x)`, exact: `x/2 (1 + erf(x/√2))`. */
function gelu(x: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}
