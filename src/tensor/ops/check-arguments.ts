/** @file Checks of shapes, types and ranges before any kernel is called. */

import type { tf } from "../tf";

/** The `[rows, columns]` of a float matrix. @throws RangeError naming the operation and the argument */
export function matrix(op: string, name: string, x: tf.Tensor): [number, number] {
  if (x.rank !== 2 || x.dtype !== "float32") {
    throw new RangeError(`${op}: ${name} wants a float32 matrix, got ${x.dtype} of shape [${x.shape}]`);
  }
  return [x.shape[0] as number, x.shape[1] as number];
}

/** The length of a float vector. */
export function vector(op: string, name: string, x: tf.Tensor): number {
  if (x.rank !== 1 || x.dtype !== "float32") {
    throw new RangeError(`${op}: ${name} wants a float32 vector, got ${x.dtype} of shape [${x.shape}]`);
  }
  return x.shape[0] as number;
}

export function same(op: string, what: string, got: number, want: number): void {
  if (got !== want) throw new RangeError(`${op}: ${what} is ${got}, want ${want}`);
}

/** @throws RangeError unless `n` is a whole number in `[from, 2^31)` */
export function whole(op: string, what: string, n: number, from: number): void {
  if (!Number.isInteger(n) || n < from || n >= 2 ** 31) {
    throw new RangeError(`${op}: ${what} wants a whole number, at least ${from}, got ${n}`);
  }
}

/**
 * @param hole - one allowed value outside the range (an ignored label)
 * @throws RangeError naming the first id outside `[0, below)`
 */
export function ids(op: string, name: string, values: Int32Array, length: number, below: number, hole?: number): void {
  if (!(values instanceof Int32Array)) {
    throw new RangeError(
      `${op}: ${name} wants an Int32Array, got ${typeof values === "object" ? "another type" : typeof values}`,
    );
  }
  same(op, `the length of ${name}`, values.length, length);
  for (let i = 0; i < length; i++) {
    const id = values[i];
    if (!(id >= 0 && id < below) && id !== hole) {
      throw new RangeError(
        `${op}: ${name}[${i}] = ${id}, want 0 to ${below - 1}${hole === undefined ? "" : ` or ${hole}`}. ` +
          "Does the tokenizer belong to this model?",
      );
    }
  }
}
