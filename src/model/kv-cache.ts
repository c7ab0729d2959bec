/**
 * @file Incremental decoding with a KV cache: keys and values of earlier tokens are kept, so that each new token costs
 * the work of one token.
 */

import { embedding, linear, rmsNorm, tf } from "../tensor";
import { type Attend, decoderLayer, layerWeights } from "./decoder-layer";
import type { Llama } from "./llama";

/** Reads one text from its start. Owns the cache; call `dispose` when done. */
export class IncrementalDecoder {
  /** Number of tokens read so far. */
  length = 0;
  private readonly llama: Llama;
  /** Per layer, `[K, length, D]`. */
  private keys: tf.Tensor3D[] = [];
  private values: tf.Tensor3D[] = [];

  constructor(llama: Llama) {
    this.llama = llama;
  }

  /**
   * Read the next tokens.
   *
   * @param ids - at least one token
   * @returns `[V]` scores of the token after the last
   */
  async read(ids: ArrayLike<number>): Promise<Float32Array> {
    if (ids.length === 0) throw new RangeError("IncrementalDecoder.read: want at least one token");
    const logits = tf.tidy(() => this.advance(Int32Array.from(ids)));
    this.length += ids.length;
    const scores = Float32Array.from(await logits.data());
    logits.dispose();
    return scores;
  }

  dispose(): void {
    tf.dispose([...this.keys, ...this.values]);
    this.keys = [];
    this.values = [];
  }

  /** `[1, V]`; extends the cache. */
  private advance(ids: Int32Array): tf.Tensor2D {
    const { config, weights } = this.llama;
    const n = ids.length;
    const positions = Int32Array.from(ids, (_, i) => this.length + i);
    const mask = this.mask(n);
    let x = embedding(this.matrix("model.embed_tokens"), ids); // [n, C]
    for (let l = 0; l < config.numHiddenLayers; l++) {
      const attend: Attend = (q, k, v) => this.attend(l, q, k, v, mask);
      x = decoderLayer(x, layerWeights(weights, l), positions, attend, config);
    }
    const last = tf.slice(x, [n - 1, 0], [1, -1]) as tf.Tensor2D;
    const output = this.matrix(config.tieWordEmbeddings ? "model.embed_tokens" : "lm_head");
    return linear(rmsNorm(last, this.vector("model.norm"), config.rmsNormEps), output);
  }

  /** The new tokens attend to all tokens in the cache and, causally, to each other. @param mask - from `mask` */
  private attend(l: number, q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
    const { headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = this.llama.config;
    const n = q.shape[0];
    const keys = this.append(this.keys, l, k); //     [K, length + n, D]
    const values = this.append(this.values, l, v); // [K, length + n, D]
    // the H/K query heads that share a key/value head are adjacent, so they form one matrix with more rows
    const queries = tf.reshape(tf.transpose(tf.reshape(q, [n, H, D]), [1, 0, 2]), [K, (H / K) * n, D]);
    const scores = tf.mul(tf.matMul(queries, keys, false, true), 1 / Math.sqrt(D)); // [K, (H/K)*n, length + n]
    const masked = tf.add(tf.reshape(scores, [H, n, this.length + n]), mask);
    const weights = tf.reshape(tf.softmax(masked), [K, (H / K) * n, this.length + n]) as tf.Tensor3D;
    const mixed = tf.reshape(tf.matMul(weights, values), [H, n, D]);
    return tf.reshape(tf.transpose(mixed, [1, 0, 2]), [n, H * D]) as tf.Tensor2D;
  }

  /** `[n, length + n]`: 0 where a new token may attend, a large negative number elsewhere (later new tokens). */
  private mask(n: number): tf.Tensor2D {
    const width = this.length + n;
    const values = new Float32Array(n * width);
    for (let i = 0; i < n; i++) values.fill(-1e9, i * width + this.length + i + 1, (i + 1) * width);
    return tf.tensor2d(values, [n, width]);
  }

  /** Append `fresh`, `[n, K*D]`, to layer `l` of a cache. */
  private append(cache: tf.Tensor3D[], l: number, fresh: tf.Tensor2D): tf.Tensor3D {
    const { headDim: D, numKeyValueHeads: K } = this.llama.config;
    const heads = tf.transpose(tf.reshape(fresh, [fresh.shape[0], K, D]), [1, 0, 2]) as tf.Tensor3D; // [K, n, D]
    const longer = tf.keep(l < cache.length ? tf.concat([cache[l], heads], 1) : tf.clone(heads));
    cache[l]?.dispose();
    cache[l] = longer;
    return longer;
  }

  private matrix(name: string): tf.Tensor2D {
    return this.llama.weights.get(`${name}.weight`) as unknown as tf.Tensor2D;
  }

  private vector(name: string): tf.Tensor1D {
    return this.llama.weights.get(`${name}.weight`) as unknown as tf.Tensor1D;
  }
}
