/**
 * @file Some rows of a matrix, for layers whose other rows nobody reads: taken out, and put back among zeros. Leaving
 * rows out changes no byte of the rest, neither forward nor backward.
 */

import { fusedOperation } from "../fused/operation";
import { fusedHost } from "../fused/register";
import type { tf } from "../tf";
import * as check from "./check-arguments";

/** Whether rows can be left out without changing a byte; the operations below and `linear` with rows need it. */
export function canLeaveOutRows(): boolean {
  return (fusedHost()?.productCut ?? null) !== null;
}

/**
 * `y[r] = x[rows[r]]`.
 *
 * @param x - `[N, C]`
 * @param rows - `[R]`, ascending, in `[0, N)`
 * @returns `[R, C]`, owned by the caller
 */
export function pickRows(x: tf.Tensor2D, rows: Int32Array): tf.Tensor2D {
  const [N] = check.matrix("pickRows", "x", x);
  check.ids("pickRows", "rows", rows, rows.length, N);
  return fusedOperation([x], ([x], call) => ({
    value: call("Embedding", { table: x }, { ids: rows })[0],
    saved: [],
    gradient: (dy, _, call) => call("EmbeddingGrad", { dy }, { ids: rows, V: N }),
  })) as tf.Tensor2D;
}

/**
 * `y[rows[r]] = x[r]`, and 0 in the other rows.
 *
 * @param x - `[R, C]`
 * @param rows - `[R]`, ascending, in `[0, N)`
 * @returns `[N, C]`, owned by the caller
 */
export function placeRows(x: tf.Tensor2D, rows: Int32Array, N: number): tf.Tensor2D {
  const [R] = check.matrix("placeRows", "x", x);
  check.ids("placeRows", "rows", rows, R, N);
  return fusedOperation([x], ([x], call) => ({
    value: call("EmbeddingGrad", { dy: x }, { ids: rows, V: N })[0],
    saved: [],
    gradient: (dy, _, call) => call("Embedding", { table: dy }, { ids: rows }),
  })) as tf.Tensor2D;
}
