/**
 * @file Sums, differences, products and quotients with broadcasting, for matrices in the processor's memory, which the
 * classification head uses; and whole numbers as float32.
 *
 * TensorFlow.js computes the place of every element with arrays of coordinates; that took 12 % of a fine-tuning. Its
 * arithmetic is kept: float64, rounded to float32 once, so the bytes are equal.
 */

import { tf } from "../tf";
import type { KernelHost } from "./kernel-host";
import { replaceOperation } from "./register";

const OPERATORS = {
  Add: (a: number, b: number) => a + b,
  Sub: (a: number, b: number) => a - b,
  Multiply: (a: number, b: number) => a * b,
  RealDiv: (a: number, b: number) => a / b,
};

/** A backend that always has the numbers of its tensors. */
type HostInMemory = Pick<KernelHost, "backendName" | "output"> & { valuesNow(x: tf.TensorInfo): Float32Array };

export function registerPlainOperations(backend: HostInMemory): void {
  for (const [name, operator] of Object.entries(OPERATORS)) {
    replaceOperation(backend, name, ({ a, b }) => {
      if (a.dtype !== "float32" || b.dtype !== "float32") return null;
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      if (shape.length > 2) return null;
      const y = backend.output(shape);
      const [rows, columns] = asMatrix(shape);
      const [left, right, result] = [a, b, y].map((x) => backend.valuesNow(x));
      const [leftSteps, rightSteps] = [stepsOf(a.shape), stepsOf(b.shape)];
      for (let row = 0; row < rows; row++) {
        let i = row * leftSteps.row;
        let j = row * rightSteps.row;
        for (let k = row * columns; k < (row + 1) * columns; k++) {
          result[k] = operator(left[i], right[j]);
          i += leftSteps.column;
          j += rightSteps.column;
        }
      }
      return y;
    });
  }
  // TensorFlow.js's own cast leaves the numbers in an Int32Array, which kernels refuse
  replaceOperation(backend, "Cast", ({ x }, { dtype }) => {
    if (dtype !== "float32" || (x.dtype !== "int32" && x.dtype !== "bool")) return null;
    const y = backend.output(x.shape);
    backend.valuesNow(y).set(backend.valuesNow(x));
    return y;
  });
}

/** A vector is one row, a number one row of one column. */
function asMatrix(shape: readonly number[]): [number, number] {
  return [shape[shape.length - 2] ?? 1, shape[shape.length - 1] ?? 1];
}

/** Distance from one row and from one column to the next; 0 where the operand is repeated. */
function stepsOf(shape: readonly number[]): { row: number; column: number } {
  const [rows, columns] = asMatrix(shape);
  return { row: rows === 1 ? 0 : columns, column: columns === 1 ? 0 : 1 };
}
