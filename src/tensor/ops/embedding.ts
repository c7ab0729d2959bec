/** @file Embedding: rows of a table by id, and the gradient, which adds rows to the table's rows. */

import { isFused, runFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check-arguments";

/**
 * `y[n] = table[ids[n]]`.
 *
 * @param table - `[V, C]`
 * @param ids - `[N]` in `[0, V)`
 * @returns `[N, C]`, owned by the caller
 * @throws RangeError if an id is outside the table
 */
export function embedding(table: tf.Tensor2D, ids: Int32Array): tf.Tensor2D {
  const [V, C] = check.matrix("embedding", "table", table);
  check.ids("embedding", "ids", ids, ids.length, V);
  return isFused() ? embeddingFused(table, ids, V) : embeddingPlain(table, ids, V, C);
}

function embeddingFused(table: tf.Tensor2D, ids: Int32Array, V: number): tf.Tensor2D {
  const gather = tf.customGrad((w) => ({
    value: runFused("Embedding", { table: w as tf.Tensor }, { ids })[0],
    gradFunc: (dy) => runFused("EmbeddingGrad", { dy }, { ids, V }),
  }));
  return gather(table) as tf.Tensor2D;
}

function embeddingPlain(table: tf.Tensor2D, ids: Int32Array, V: number, C: number): tf.Tensor2D {
  // tf.gather's own gradient needs UnsortedSegmentSum, which the wasm backend lacks; scatterND also adds repeated ids
  const gather = tf.customGrad((w) => ({
    value: tf.tidy(() => tf.gather(w as tf.Tensor2D, tf.tensor1d(ids, "int32"))), // [N, C]
    gradFunc: (dy) => tf.tidy(() => tf.scatterND(tf.tensor2d(ids, [ids.length, 1], "int32"), dy, [V, C])), // [V, C]
  }));
  return gather(table) as tf.Tensor2D;
}
