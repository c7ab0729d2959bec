/**
 * @file The LLaMA decoder (Touvron et al. 2023, https://arxiv.org/abs/2302.13971): RMSNorm before attention and
 * feed-forward, rotary positions, attention with optional grouped key/value heads, SwiGLU, no biases.
 *
 * Uses the operations of `tensor/`; weights have Hugging Face's names and layouts (`[out, in]`). No dropout, which
 * neither the paper's models nor the public LLaMAs use.
 */

import {
  attention,
  block,
  canLeaveOutRows,
  embedding,
  IGNORE_LABEL,
  linear,
  linearCrossEntropy,
  linearLogProbs,
  logProbsOf,
  recomputed,
  rmsNorm,
  tf,
  treeAttention,
  type WantedLabels,
} from "../tensor";
import type { Rng } from "../util/rng";
import { parameterShapes } from "./count-parameters";
import { type Attend, decoderLayer, layerWeights } from "./decoder-layer";
import { initialWeights } from "./init";
import { checkConfig, type LlamaConfig } from "./llama-config";
import type { TokenBatch, TokenForest } from "./token-batch";

/** Above this share of wanted rows, all are computed. */
const LARGEST_SHARE = 0.8;

/** A LLaMA with its config, weights and forward computation. Owns the weights; call `dispose` when done. */
export class Llama {
  readonly config: LlamaConfig;
  /** Weights by Hugging Face tensor name, in the order of `parameterShapes`. */
  readonly weights: ReadonlyMap<string, tf.Variable>;
  /** True: layers keep only their inputs for the backward pass and recompute the rest; see `recomputed`. */
  recompute = false;

  private constructor(config: LlamaConfig, weights: Map<string, tf.Variable>) {
    this.config = config;
    this.weights = weights;
  }

  /** Random initial weights; see `initialWeights`. */
  static init(config: LlamaConfig, rng: Rng): Llama {
    checkConfig(config, "Llama.init");
    return Llama.fromValues(config, initialWeights(config, rng));
  }

  /**
   * A model with the given values; each array is copied.
   *
   * @throws Error naming the tensors that are missing, unexpected or of another size
   */
  static fromValues(config: LlamaConfig, values: ReadonlyMap<string, Float32Array>): Llama {
    const shapes = parameterShapes(config);
    const missing = [...shapes.keys()].filter((name) => !values.has(name));
    const unexpected = [...values.keys()].filter((name) => !shapes.has(name));
    if (missing.length > 0 || unexpected.length > 0) {
      throw new Error(
        `Llama.fromValues: the weights do not fit the config; missing: ${listed(missing)}; unexpected: ${listed(unexpected)}`,
      );
    }
    const weights = new Map<string, tf.Variable>();
    for (const [name, shape] of shapes) {
      const array = values.get(name)!;
      const size = shape.reduce((product, n) => product * n, 1);
      if (array.length !== size) {
        for (const made of weights.values()) made.dispose();
        throw new Error(`Llama.fromValues: ${name} has ${array.length} numbers, the config wants [${shape}]`);
      }
      weights.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(array), shape, "float32"))),
      );
    }
    return new Llama(config, weights);
  }

  /** An independent copy. */
  clone(): Llama {
    const weights = new Map<string, tf.Variable>();
    for (const [name, variable] of this.weights) {
      weights.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(variable.dataSync<"float32">().slice(), variable.shape, "float32"))),
      );
    }
    return new Llama(this.config, weights);
  }

  /** Copies of all values, by tensor name. */
  async values(): Promise<Map<string, Float32Array>> {
    const values = new Map<string, Float32Array>();
    for (const [name, variable] of this.weights) {
      values.set(name, (await variable.data<"float32">()).slice());
    }
    return values;
  }

  /**
   * `[N, C]` after the final norm; row `b*T + t` is token `t` of row `b` of a batch, row `n` token `n` of a forest.
   *
   * @param wanted - the rows that are read, in any order; the others may have other values, as the last layer then
   *   omits a part of their computation, if that changes no byte of the rest. Default: all
   */
  hidden(batch: TokenBatch | TokenForest, wanted?: Int32Array): tf.Tensor2D {
    this.checkIds(batch.inputIds, "inputIds");
    const last = this.config.numHiddenLayers - 1;
    const rows = wanted === undefined ? null : rowsToCompute(wanted, batch.inputIds.length);
    return tf.tidy(() => {
      let x = embedding(this.weight2d("model.embed_tokens.weight"), batch.inputIds); // [N, C]
      for (let l = 0; l <= last; l++) x = this.layer(l, x, batch, l === last ? rows : null);
      return rmsNorm(x, this.weight1d("model.norm.weight"), this.config.rmsNormEps);
    });
  }

  /** `[N, V]` unnormalised scores of the next token. Large: for inspection and generation, not for training. */
  logits(batch: TokenBatch): tf.Tensor2D {
    return tf.tidy(() => linear(this.hidden(batch), this.outputMatrix()));
  }

  /**
   * Cross-entropy in nats over the labels that are not -100.
   *
   * @param labels - `[B*T]`, already shifted: `labels[i]` is the token that follows position `i`
   */
  loss(batch: TokenBatch, labels: Int32Array, reduction: "sum" | "mean" = "mean"): tf.Scalar {
    this.checkIds(labels, "labels", -100);
    return tf.tidy(() =>
      linearCrossEntropy(this.hidden(batch, rowsToRead(labels)), this.outputMatrix(), labels, reduction),
    );
  }

  /** `[B*T]` log p(targets[i] | the tokens up to position i), natural log; 0 where the target is -100. */
  async logProbs(batch: TokenBatch, targets: Int32Array): Promise<Float32Array> {
    this.checkIds(targets, "targets", -100);
    const hidden = this.hidden(batch, rowsToRead(targets));
    try {
      return await linearLogProbs(hidden, this.outputMatrix(), targets);
    } finally {
      hidden.dispose();
    }
  }

  /**
   * `[L]` log p(label | the tokens up to the row's token) for chosen labels of chosen rows of `hidden`, natural log.
   *
   * Only these rows are multiplied by the output matrix, which is most of the work of a small model.
   */
  async logProbsOf(batch: TokenBatch | TokenForest, wanted: WantedLabels): Promise<Float32Array> {
    this.checkIds(wanted.labels, "labels");
    const hidden = this.hidden(batch, wanted.rows);
    try {
      return await logProbsOf(hidden, this.outputMatrix(), wanted);
    } finally {
      hidden.dispose();
    }
  }

  /** Free the weights. The model cannot be used afterwards. */
  dispose(): void {
    for (const variable of this.weights.values()) variable.dispose();
  }

  /** Layer `l`. @param x - `[N, C]` */
  private layer(l: number, x: tf.Tensor2D, batch: TokenBatch | TokenForest, rows: Int32Array | null): tf.Tensor2D {
    const { numAttentionHeads: H, numKeyValueHeads: K, headDim: D } = this.config;
    const attend: Attend = (q, k, v) =>
      "mask" in batch
        ? attention(q, k, v, batch.mask, { B: batch.B, T: batch.T, H, K, D })
        : treeAttention(q, k, v, batch.positionIds, { H, K, D });
    const compute = (x: tf.Tensor2D, weights: readonly tf.Tensor[]) =>
      decoderLayer(x, weights, batch.positionIds, attend, this.config, rows);
    const run = (x: tf.Tensor2D, weights: readonly tf.Tensor[]) => block(compute, x, weights);
    const weights = layerWeights(this.weights, l);
    return this.recompute ? recomputed(run, x, weights) : run(x, weights);
  }

  private outputMatrix(): tf.Tensor2D {
    return this.weight2d(this.config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight");
  }

  private weight1d(name: string): tf.Tensor1D {
    return this.weights.get(name)! as unknown as tf.Tensor1D;
  }

  private weight2d(name: string): tf.Tensor2D {
    return this.weights.get(name)! as unknown as tf.Tensor2D;
  }

  /** @throws RangeError for an id outside the vocabulary (a tokenizer that is not the model's), other than `also` */
  private checkIds(ids: Int32Array, what: string, also?: number): void {
    const V = this.config.vocabSize;
    for (let i = 0; i < ids.length; i++) {
      if (!(ids[i] >= 0 && ids[i] < V) && ids[i] !== also) {
        throw new RangeError(
          `Llama: ${what}[${i}] is ${ids[i]}, the vocabulary has ${V} entries; is this the model's own tokenizer?`,
        );
      }
    }
  }
}

/** Rows of which the rest is left out; null to compute all, where that is not possible or saves little. */
function rowsToCompute(wanted: Int32Array, N: number): Int32Array | null {
  if (!canLeaveOutRows()) return null;
  const isWanted = new Uint8Array(N);
  for (const row of wanted) isWanted[row] = 1;
  const rows = positions(N, (row) => isWanted[row] === 1);
  return rows.length > 0 && rows.length <= LARGEST_SHARE * N ? rows : null;
}

/** The positions with a label; undefined where all rows are computed anyway, as on a GPU, which would wait for the count. */
function rowsToRead(labels: Int32Array): Int32Array | undefined {
  if (!canLeaveOutRows()) return undefined;
  return positions(labels.length, (position) => labels[position] !== IGNORE_LABEL);
}

/** The chosen ones of the positions 0 to `N` - 1, ascending. */
function positions(N: number, isChosen: (position: number) => boolean): Int32Array {
  const chosen = new Int32Array(N);
  let count = 0;
  for (let position = 0; position < N; position++) if (isChosen(position)) chosen[count++] = position;
  return chosen.subarray(0, count);
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return names.slice(0, 5).join(", ") + more;
}
