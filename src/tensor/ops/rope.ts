/** @file Rotary position embedding (Su et al. 2021, https://arxiv.org/abs/2104.09864), half-rotation as in Hugging Face. */

import { fusedOperation } from "../fused/operation";
import { isFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check-arguments";

/**
 * Rotate the pair `(x[i], x[i + D/2])` of every head by the angle `position * theta^(-2i/D)`:
 * `y[i] = x[i] cos - x[i + D/2] sin`, `y[i + D/2] = x[i + D/2] cos + x[i] sin`.
 *
 * The original paper pairs neighbours `(2i, 2i + 1)`; Hugging Face's checkpoints pair halves, and so do we.
 *
 * @param x - `[N, heads * D]`
 * @param positionIds - `[N]`, at least 0
 * @param headDim - `D`, even
 * @param theta - base of the angles, 10000 in LLaMA
 * @returns `[N, heads * D]`, owned by the caller
 */
export function rope(x: tf.Tensor2D, positionIds: Int32Array, headDim: number, theta: number): tf.Tensor2D {
  const [N, width] = check.matrix("rope", "x", x);
  if (!Number.isInteger(headDim) || headDim < 2 || headDim % 2 !== 0 || width % headDim !== 0) {
    throw new RangeError(`rope: want an even head size that divides ${width}, got ${headDim}`);
  }
  if (!(theta > 0)) throw new RangeError(`rope: want theta above 0, got ${theta}`);
  check.ids("rope", "positionIds", positionIds, N, 2 ** 31 - 1);
  return isFused() ? ropeFused(x, positionIds, headDim, theta) : ropePlain(x, positionIds, headDim, theta);
}

function ropeFused(x: tf.Tensor2D, positionIds: Int32Array, headDim: number, theta: number): tf.Tensor2D {
  const attrs = { positionIds, headDim, table: sharedTable(positionIds, headDim, theta) };
  return fusedOperation([x], ([x], call) => ({
    value: call("Rope", { x }, { ...attrs, sign: 1 })[0],
    saved: [],
    gradient: (dy, _, call) => call("Rope", { x: dy }, { ...attrs, sign: -1 }), // the transpose of a rotation is the inverse rotation
  })) as tf.Tensor2D;
}

/** The table of positions `0..positions-1`, cached and doubled when a later position is needed. */
function sharedTable(positionIds: Int32Array, D: number, theta: number) {
  let last = 0;
  for (let n = 0; n < positionIds.length; n++) if (positionIds[n] > last) last = positionIds[n];
  const key = `${D} ${theta}`;
  let table = tables.get(key);
  if (table === undefined || last >= table.positions) {
    const positions = Math.max(256, 2 ** Math.ceil(Math.log2(last + 1)));
    if (positions > MAX_POSITIONS) throw new RangeError(`rope: position ${last} is beyond ${MAX_POSITIONS - 1}`);
    const { cos, sin } = ropeTable(
      Int32Array.from({ length: positions }, (_, i) => i),
      D,
      theta,
    );
    table = { cos, sin, positions };
    tables.set(key, table);
  }
  return table;
}

const tables = new Map<string, { cos: Float32Array; sin: Float32Array; positions: number }>();
const MAX_POSITIONS = 2 ** 22;

function ropePlain(x: tf.Tensor2D, positionIds: Int32Array, D: number, theta: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [N, width] = x.shape;
    const half = D / 2;
    const { cos, sin } = ropeTable(positionIds, D, theta);
    const c = tf.tensor3d(cos, [N, 1, half]);
    const s = tf.tensor3d(sin, [N, 1, half]);
    const heads = tf.reshape(x, [N, width / D, D]);
    const a = tf.slice(heads, [0, 0, 0], [-1, -1, half]); //    [N, heads, D/2]
    const b = tf.slice(heads, [0, 0, half], [-1, -1, half]); // [N, heads, D/2]
    const rotated = tf.concat([tf.sub(tf.mul(a, c), tf.mul(b, s)), tf.add(tf.mul(b, c), tf.mul(a, s))], 2);
    return tf.reshape(rotated, [N, width]);
  });
}

/** `cos` and `sin` of every position's angles, each `[N, D/2]`; computed in float64. */
export function ropeTable(positionIds: Int32Array, D: number, theta: number): { cos: Float32Array; sin: Float32Array } {
  const half = D / 2;
  const N = positionIds.length;
  const frequencies = Float64Array.from({ length: half }, (_, i) => theta ** ((-2 * i) / D));
  const cos = new Float32Array(N * half);
  const sin = new Float32Array(N * half);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < half; i++) {
      const angle = positionIds[n] * frequencies[i];
      cos[n * half + i] = Math.cos(angle);
      sin[n * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
