/**
 * @file The output layer and its loss in one operation, so that the `[N, V]` logits are never stored completely.
 *
 * Only rows with a label are computed, in chunks; a chunk's logits are freed when its part of the loss (and of the
 * gradient) is done.
 */

import { wantsGradient } from "../fused/operation";
import { fusedHost, isFused, runFused } from "../fused/register";
import { tf } from "../tf";
import * as check from "./check-arguments";
import { embedding } from "./embedding";

/** A label without loss, as in PyTorch and Hugging Face. */
export const IGNORE_LABEL = -100;

/** Logits of one chunk in the plain composition: 4 M numbers, 16 MB. */
const CHUNK_LOGITS = 1 << 22;

/**
 * `-Σ log softmax(x[n] · weightᵀ)[labels[n]]` over the labelled rows, natural log; `"mean"` divides by their number.
 *
 * The caller has already shifted: row `n` predicts `labels[n]`.
 *
 * @param x - `[N, C]`
 * @param weight - `[V, C]`
 * @param labels - `[N]` in `[0, V)`, or -100 for a row that is left out
 * @returns nats, a scalar owned by the caller; 0 for a `"sum"` over no label
 * @throws RangeError if a label is out of range, or a `"mean"` has no label to divide by
 */
export function linearCrossEntropy(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  labels: Int32Array,
  reduction: "sum" | "mean",
): tf.Scalar {
  const rows = labelledRows("linearCrossEntropy", x, weight, labels);
  if (reduction === "mean" && rows.length === 0) {
    throw new RangeError(
      "linearCrossEntropy: every label is -100, so there is no mean loss; was the batch built empty?",
    );
  }
  const scale = reduction === "mean" ? 1 / rows.length : 1;
  return isFused()
    ? crossEntropyFused(x, weight, labels, rows, scale)
    : crossEntropyPlain(x, weight, labels, rows, scale);
}

/**
 * `log softmax(x[n] · weightᵀ)[targets[n]]`, natural log, without gradient.
 *
 * @param targets - `[N]` in `[0, V)`, or -100 for a row that is skipped
 * @returns `[N]` nats, at most 0; exactly 0 where skipped
 */
export async function linearLogProbs(x: tf.Tensor2D, weight: tf.Tensor2D, targets: Int32Array): Promise<Float32Array> {
  const rows = labelledRows("linearLogProbs", x, weight, targets);
  const result = new Float32Array(targets.length);
  if (isFused()) {
    const starts = Int32Array.from({ length: rows.length + 1 }, (_, r) => r);
    const [logProbs] = fusedHost()?.hasScoringKernels
      ? runFused("LogProbsOf", { x, weight }, { rows, starts, labels: pick(targets, rows) })
      : runFused("LinearLogProbs", { x, weight }, { rows, labels: targets });
    const values = await logProbs.data();
    logProbs.dispose();
    for (let i = 0; i < rows.length; i++) result[rows[i]] = values[i];
    return result;
  }
  for (const chunk of chunks(rows, weight.shape[0])) {
    const logProbs = tf.tidy(() => {
      const logits = tf.matMul(
        tf.gather(x, tf.tensor1d(chunk, "int32")) as tf.Tensor2D,
        weight,
        false,
        true,
      ) as tf.Tensor2D; // [R, V]
      return tf.sub(labelled(logits, pick(targets, chunk)), tf.logSumExp(logits, 1)); // [R]
    });
    const values = await logProbs.data();
    logProbs.dispose();
    for (let i = 0; i < chunk.length; i++) result[chunk[i]] = values[i];
  }
  return result;
}

/** The wanted log-probabilities: of `labels[starts[r] .. starts[r + 1])` at row `rows[r]`. */
export interface WantedLabels {
  /** `[R]` */
  rows: Int32Array;
  /** `[R + 1]`, from 0, non-decreasing */
  starts: Int32Array;
  /** `[L]` in `[0, V)` */
  labels: Int32Array;
}

/**
 * `log softmax(x[row] · weightᵀ)[label]` for any labels of any rows, natural log, without gradient. Each row's logits
 * are computed once for all its labels.
 *
 * @param x - `[N, C]`
 * @param weight - `[V, C]`
 * @returns `[L]` nats, at most 0, in the order of `labels`
 * @throws RangeError if a row or a label is out of range
 */
export async function logProbsOf(x: tf.Tensor2D, weight: tf.Tensor2D, wanted: WantedLabels): Promise<Float32Array> {
  const { rows, starts, labels } = wanted;
  const [N, C] = check.matrix("logProbsOf", "x", x);
  const [V, columns] = check.matrix("logProbsOf", "weight", weight);
  check.same("logProbsOf", "the columns of weight", columns, C);
  check.ids("logProbsOf", "rows", rows, rows.length, N);
  check.ids("logProbsOf", "labels", labels, labels.length, V);
  check.ids("logProbsOf", "starts", starts, rows.length + 1, labels.length + 1);
  if (fusedHost()?.hasScoringKernels) {
    const [logProbs] = runFused("LogProbsOf", { x, weight }, { rows, starts, labels });
    const values = await logProbs.data();
    logProbs.dispose();
    return values as Float32Array;
  }
  const repeated = new Int32Array(labels.length);
  for (let r = 0; r < rows.length; r++) repeated.fill(rows[r], starts[r], starts[r + 1]);
  const chosen = tf.tidy(() => embedding(x, repeated)); // [L, C]
  try {
    return await linearLogProbs(chosen, weight, labels);
  } finally {
    chosen.dispose();
  }
}

/** Loss and gradient together, so that each chunk's logits are computed once. */
function crossEntropyFused(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  labels: Int32Array,
  rows: Int32Array,
  scale: number,
): tf.Scalar {
  const gradient = wantsGradient();
  const loss = tf.customGrad((x, weight, save) => {
    const inputs = { x: x as tf.Tensor, weight: weight as tf.Tensor };
    const [value, ...gradients] = runFused("LinearCrossEntropy", inputs, { rows, labels, scale, gradient });
    (save as tf.GradSaveFunc)(gradients);
    return {
      value,
      gradFunc: (dy: tf.Tensor, gradients: tf.Tensor[]) => {
        const isOne = fusedHost()?.valuesNow(dy)?.[0] === 1; // true if the loss itself is differentiated
        return gradients.map((g) => (isOne ? tf.clone(g) : tf.mul(g, dy)));
      },
    };
  });
  return loss(x, weight) as tf.Scalar;
}

function crossEntropyPlain(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  labels: Int32Array,
  rows: Int32Array,
  scale: number,
): tf.Scalar {
  const [N, C] = x.shape;
  const V = weight.shape[0];
  const loss = tf.customGrad((hidden, table, save) => {
    (save as tf.GradSaveFunc)([hidden as tf.Tensor, table as tf.Tensor]);
    let total = tf.scalar(0);
    for (const chunk of chunks(rows, V)) {
      total = tf.tidy(() => {
        const part = tf.gather(hidden as tf.Tensor2D, tf.tensor1d(chunk, "int32")) as tf.Tensor2D; // [R, C]
        const logits = tf.matMul(part, table as tf.Tensor2D, false, true) as tf.Tensor2D; // [R, V]
        return tf.add(total, tf.sum(tf.sub(tf.logSumExp(logits, 1), labelled(logits, pick(labels, chunk)))));
      });
    }
    return {
      value: tf.mul(total, scale),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [hidden, table] = saved as [tf.Tensor2D, tf.Tensor2D];
        return tf.tidy(() => {
          let dx = tf.zeros([N, C]);
          let dWeight = tf.zeros([V, C]);
          for (const chunk of chunks(rows, V)) {
            [dx, dWeight] = tf.tidy(() => {
              const at = tf.tensor2d(chunk, [chunk.length, 1], "int32");
              const part = tf.gather(hidden, tf.tensor1d(chunk, "int32")) as tf.Tensor2D; // [R, C]
              const logits = tf.matMul(part, table, false, true); // [R, V]
              const hot = tf.oneHot(tf.tensor1d(pick(labels, chunk), "int32"), V);
              const dLogits = tf.mul(tf.sub(tf.softmax(logits), hot), tf.mul(dy, scale)) as tf.Tensor2D; // [R, V]
              return [
                tf.add(dx, tf.scatterND(at, tf.matMul(dLogits, table), [N, C])),
                tf.add(dWeight, tf.matMul(dLogits, part, true, false)),
              ];
            });
          }
          return [dx, dWeight];
        });
      },
    };
  });
  return loss(x, weight) as tf.Scalar;
}

/** The logit of each row's label: `[R]`. */
function labelled(logits: tf.Tensor2D, labels: Int32Array): tf.Tensor1D {
  const at = new Int32Array(2 * labels.length);
  for (let i = 0; i < labels.length; i++) {
    at[2 * i] = i;
    at[2 * i + 1] = labels[i];
  }
  return tf.gatherND(logits, tf.tensor2d(at, [labels.length, 2], "int32")) as tf.Tensor1D;
}

function labelledRows(op: string, x: tf.Tensor2D, weight: tf.Tensor2D, labels: Int32Array): Int32Array {
  const [N, C] = check.matrix(op, "x", x);
  const [V, columns] = check.matrix(op, "weight", weight);
  check.same(op, "the columns of weight", columns, C);
  check.ids(op, "labels", labels, N, V, IGNORE_LABEL);
  const rows = new Int32Array(N);
  let count = 0;
  for (let n = 0; n < N; n++) if (labels[n] !== IGNORE_LABEL) rows[count++] = n;
  return rows.subarray(0, count);
}

function* chunks(rows: Int32Array, V: number): Generator<Int32Array> {
  const size = Math.max(1, Math.floor(CHUNK_LOGITS / V));
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

function pick(values: Int32Array, rows: Int32Array): Int32Array {
  return rows.map((n) => values[n]);
}
