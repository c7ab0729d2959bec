/** @file Scaled dot-product attention over an interval mask, with grouped key/value heads. */

import { type AttentionMask, type AttentionShape, checkMask } from "../attention-mask";
import { fusedOperation } from "../fused/operation";
import { isFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check-arguments";

/**
 * `softmax(q · kᵀ / sqrt(D) over what the mask allows) · v`, for every row and head.
 *
 * Query head `h` reads key/value head `floor(h / (H / K))`, as in Hugging Face's `repeat_kv`.
 *
 * @param q - `[N, H*D]`, `N = B*T`
 * @param k - `[N, K*D]`
 * @param v - `[N, K*D]`
 * @returns `[N, H*D]`, owned by the caller
 */
export function attention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  mask: AttentionMask,
  shape: AttentionShape,
): tf.Tensor2D {
  const { B, T, H, K, D } = shape;
  for (const [name, n] of Object.entries({ B, T, H, K, D })) check.whole("attention", name, n, 1);
  if (H % K !== 0) throw new RangeError(`attention: H = ${H} query heads; want a multiple of K = ${K}`);
  for (const [name, x, heads] of [
    ["q", q, H],
    ["k", k, K],
    ["v", v, K],
  ] as const) {
    const [rows, columns] = check.matrix("attention", name, x);
    check.same("attention", `the rows of ${name}`, rows, B * T);
    check.same("attention", `the columns of ${name}`, columns, heads * D);
  }
  checkMask(mask, B, T);
  return isFused() ? attentionFused(q, k, v, mask, shape) : attentionPlain(q, k, v, mask, shape);
}

function attentionFused(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  mask: AttentionMask,
  shape: AttentionShape,
): tf.Tensor2D {
  const attrs = { mask, shape };
  return fusedOperation([q, k, v], ([q, k, v], call) => {
    const [value, lse] = call("Attention", { q, k, v }, attrs); // lse: log of the softmax's denominator, [N, H]
    return {
      value,
      saved: [q, k, v, value, lse],
      gradient: (dy, [q, k, v, o, lse], call) => call("AttentionGrad", { q, k, v, o, lse, dy }, attrs),
    };
  }) as tf.Tensor2D;
}

/** The plain composition, which stores the whole `[B, H, T, T]`, unlike the fused kernels. */
function attentionPlain(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  mask: AttentionMask,
  { B, T, H, K, D }: AttentionShape,
): tf.Tensor2D {
  return tf.tidy(() => {
    const group = H / K;
    const heads = (x: tf.Tensor2D, n: number) => tf.transpose(tf.reshape(x, [B, T, n, D]), [0, 2, 1, 3]); // [B, n, T, D]
    const repeat = (x: tf.Tensor): tf.Tensor4D =>
      group === 1
        ? (x as tf.Tensor4D)
        : tf.reshape(tf.tile(tf.reshape(x, [B, K, 1, T * D]), [1, 1, group, 1]), [B, H, T, D]);
    const scores = tf.matMul(heads(q, H), repeat(heads(k, K)), false, true); // [B, H, T, T]
    const bias = tf.tensor4d(maskBias(mask, B, T), [B, 1, T, T]);
    const p = tf.softmax(tf.add(tf.mul(scores, 1 / Math.sqrt(D)), bias));
    const mixed = tf.matMul(p, repeat(heads(v, K))); // [B, H, T, D]
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B * T, H * D]);
  });
}

/** `[B, T, T]`: 0 where token `i` may attend to token `j`, -1e9 elsewhere (its exponential is exactly 0). */
function maskBias(mask: AttentionMask, B: number, T: number): Float32Array {
  const bias = new Float32Array(B * T * T).fill(-1e9);
  for (let n = 0; n < B * T; n++) {
    bias.fill(0, n * T + mask.contextStart[n], n * T + mask.contextEnd[n]);
    bias.fill(0, n * T + mask.branchStart[n], n * T + (n % T) + 1);
  }
  return bias;
}
