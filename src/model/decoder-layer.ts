/**
 * @file One layer of the LLaMA decoder (Touvron et al. 2023, https://arxiv.org/abs/2302.13971), used by training,
 * scoring and generation. They differ in the attention, which is therefore an argument.
 */

import { add, linear, pickRows, placeRows, rmsNorm, rope, swiglu, tf } from "../tensor";
import type { LlamaConfig } from "./llama-config";

/** Weights of a layer by the middle part of their tensor name, in the order of `decoderLayer`'s arguments. */
const LAYER_PARTS = [
  "input_layernorm",
  "self_attn.q_proj",
  "self_attn.k_proj",
  "self_attn.v_proj",
  "self_attn.o_proj",
  "post_attention_layernorm",
  "mlp.gate_proj",
  "mlp.up_proj",
  "mlp.down_proj",
] as const;

/** The weights of layer `l`, in the order that `decoderLayer` expects. */
export function layerWeights(weights: ReadonlyMap<string, tf.Variable>, l: number): tf.Tensor[] {
  return LAYER_PARTS.map((part) => weights.get(`model.layers.${l}.${part}.weight`)!);
}

/**
 * Computes the attention output from queries, keys and values: rotated `q` `[N, H*D]`, rotated `k` `[N, K*D]`, `v` `[N,
 * K*D]` to `[N, H*D]`.
 */
export type Attend = (q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor2D;

/**
 * `y = x + attention(norm(x))`, then `y + swiglu(norm(y))`.
 *
 * @param x - `[N, C]`
 * @param weights - from `layerWeights`
 * @param positionIds - `[N]` rotary position of each token
 * @param rows - `[R]` ascending: the feed-forward part is computed for these rows only (`canLeaveOutRows`), the others
 *   are not the layer's output; null for all
 * @returns `[N, C]`, owned by the caller
 */
export function decoderLayer(
  x: tf.Tensor2D,
  weights: readonly tf.Tensor[],
  positionIds: Int32Array,
  attend: Attend,
  { headDim: D, ropeTheta, rmsNormEps: eps }: LlamaConfig,
  rows: Int32Array | null = null,
): tf.Tensor2D {
  const [inputNorm, , , , , attentionNorm] = weights as tf.Tensor1D[];
  const [, wq, wk, wv, wo, , wGate, wUp, wDown] = weights as tf.Tensor2D[];
  return tf.tidy(() => {
    const n = rmsNorm(x, inputNorm, eps); //                            [N, C]
    const q = rope(linear(n, wq), positionIds, D, ropeTheta); //        [N, H*D]
    const k = rope(linear(n, wk), positionIds, D, ropeTheta); //        [N, K*D]
    const v = linear(n, wv); //                                         [N, K*D]
    const y = add(x, linear(attend(q, k, v), wo)); //                   [N, C]
    const m = rmsNorm(y, attentionNorm, eps); //                        [N, C]
    const some = rows === null ? m : pickRows(m, rows); //              [R, C], R = N without rows
    const gated = swiglu(linear(some, wGate, rows), linear(some, wUp, rows)); // [R, F]
    const out = linear(gated, wDown, rows); //                          [R, C]
    return add(y, rows === null ? out : placeRows(out, rows, y.shape[0])); // [N, C]
  });
}
