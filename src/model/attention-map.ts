/**
 * @file Computes the attention weights (softmax) of every layer and head, for inspection.
 *
 * The kernels of the forward pass never store them. Here they are computed from the same queries and keys, in plain
 * loops.
 */

import { type AttentionShape, attention, embedding, tf } from "../tensor";
import { type Attend, decoderLayer, layerWeights } from "./decoder-layer";
import type { Llama } from "./llama";
import { padRows } from "./token-batch";

export interface AttentionMap {
  layer: number;
  head: number;
  /** `[T][T]`: row `i` has the weights of token `i` on tokens `0..i`; it sums to 1, later tokens have 0. */
  weights: number[][];
}

/** @param ids - `[T]`, one sequence @returns one map per layer and head */
export function attentionMaps(llama: Llama, ids: readonly number[]): AttentionMap[] {
  const { numHiddenLayers, numAttentionHeads: H, numKeyValueHeads: K, headDim: D } = llama.config;
  const { B, T, positionIds, inputIds, mask } = padRows([ids]);
  const maps: AttentionMap[] = [];
  tf.tidy(() => {
    let x = embedding(llama.weights.get("model.embed_tokens.weight") as unknown as tf.Tensor2D, inputIds); // [T, C]
    for (let layer = 0; layer < numHiddenLayers; layer++) {
      const attend: Attend = (q, k, v) => {
        const heads = headWeights(q.dataSync(), k.dataSync(), { T, H, K, D });
        maps.push(...heads.map((weights, head) => ({ layer, head, weights })));
        return attention(q, k, v, mask, { B, T, H, K, D });
      };
      x = decoderLayer(x, layerWeights(llama.weights, layer), positionIds, attend, llama.config);
    }
  });
  return maps;
}

/**
 * `softmax_j(q_i · k_j / sqrt(D))` over `j <= i`, for each of the `H` query heads; head `h` reads key head `floor(h / (H / K))`.
 *
 * @param queries - `[T, H*D]`, rotated
 * @param keys - `[T, K*D]`, rotated
 * @returns `[H][T][T]`
 */
export function headWeights(
  queries: ArrayLike<number>,
  keys: ArrayLike<number>,
  { T, H, K, D }: Omit<AttentionShape, "B">,
): number[][][] {
  return Array.from({ length: H }, (_, head) => {
    const keyHead = Math.floor(head / (H / K));
    return Array.from({ length: T }, (_, i) => {
      const scores = Array.from({ length: i + 1 }, (_, j) => {
        let product = 0;
        for (let d = 0; d < D; d++) product += queries[(i * H + head) * D + d] * keys[(j * K + keyHead) * D + d];
        return product / Math.sqrt(D);
      });
      return [...softmax(scores), ...new Array<number>(T - 1 - i).fill(0)];
    });
  });
}

function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
