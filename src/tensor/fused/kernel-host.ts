/**
 * @file What a backend with fused kernels offers: memory for tensors, and the C kernels by name.
 *
 * The native addon and the WebAssembly module hold the same kernels (src/tensor/kernels) with the same arguments: sizes
 * first, then arrays. `register.ts` is written once against this interface.
 */

import type { tf } from "../tf";

export type KernelName =
  | "gemm"
  | "rmsNorm"
  | "rmsNormGrad"
  | "rope"
  | "attention"
  | "attentionGrad"
  | "swiglu"
  | "swigluGrad"
  | "embedding"
  | "embeddingGrad"
  | "crossEntropy"
  | "adamw"
  | "binary"
  | "sumOfSquares";

/** A tensor, or numbers that are an argument and not a tensor, or an output that is not wanted. */
export type KernelArray = tf.TensorInfo | Int32Array | Float32Array | null;

export interface KernelHost {
  /** the tfjs backend the kernels belong to */
  readonly backendName: string;
  /** A new float32 tensor; its content is undefined until a kernel fills it. */
  output(shape: number[]): tf.TensorInfo;
  /** The live numbers of a float32 tensor: valid until the next call of the host. */
  values(tensor: tf.TensorInfo): Float32Array;
  /** Run one kernel. @returns its number, where it has one */
  run(kernel: KernelName, sizes: number[], arrays: KernelArray[]): number;
  free(tensor: tf.TensorInfo): void;
  /** Make sure that nobody else sees a change of this variable's numbers in place. */
  makeWritable(variable: tf.Variable): void;
}
