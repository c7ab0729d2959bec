/**
 * @file What a backend with fused kernels offers: memory for tensors, and the kernels by name.
 *
 * Every host (the native addon, the WebAssembly module, a GPU) has the same kernels with the same arguments: sizes first,
 * then arrays. `register.ts` is written once against this interface. The kernels of src/tensor/kernels/kernels.h are its
 * definition.
 *
 * A host may compute later than it is asked (a GPU does), so no call returns numbers: who wants them reads a tensor.
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
  | "sumOfSquares"
  | ScoringKernelName;

/** Kernels without a gradient, which only hosts with `hasScoringKernels` have. */
export type ScoringKernelName = "treeAttention" | "logProbs";

/** A tensor, or numbers that are an argument and not a tensor, or an output that is not wanted. */
export type KernelArray = tf.TensorInfo | Int32Array | Float32Array | null;

/** Which of a kernel's arrays it writes; it may also read them (a product that is added, the optimiser's state). */
export const WRITTEN: Readonly<Record<KernelName, readonly number[]>> = {
  gemm: [2],
  rmsNorm: [2, 3],
  rmsNormGrad: [4, 5],
  rope: [4],
  attention: [6, 7],
  attentionGrad: [9, 10, 11],
  swiglu: [2],
  swigluGrad: [3, 4],
  embedding: [2],
  embeddingGrad: [2],
  crossEntropy: [4, 5, 6],
  adamw: [0, 2, 3],
  binary: [2],
  sumOfSquares: [],
  treeAttention: [4],
  logProbs: [5],
};

/** One weight in an update of AdamW. */
export interface AdamWWeight {
  parameter: tf.Variable;
  gradient: tf.TensorInfo;
  m: tf.Variable;
  v: tf.Variable;
  /** as the kernel `adamw` takes it, without the gradient's scale: decay, beta1, beta2, eps, rate, root of correction 2 */
  hyper: readonly number[];
}

/** Gradients are multiplied by `scale`, and then by `min(1, maxNorm / (norm + 1e-6))` of all of them. */
export interface Clipping {
  scale: number;
  /** null: no clipping */
  maxNorm: number | null;
}

/** What is computed; a host may do it in different precisions. */
export type Purpose = "training" | "scoring";

export interface KernelHost {
  /** the tfjs backend the kernels belong to */
  readonly backendName: string;
  /**
   * Is a gradient added to an earlier one by the kernel that makes it? A product then adds to its output, and `rmsNormGrad`
   * takes a seventh array that it adds to dx. CPU hosts add afterwards: it costs them little, and other sums are other bytes.
   */
  readonly addsGradients: boolean;
  readonly hasScoringKernels: boolean;
  /** A new float32 tensor; its content is undefined until a kernel fills it. */
  output(shape: number[]): tf.TensorInfo;
  /** Run one kernel. */
  run(kernel: KernelName, sizes: number[], arrays: KernelArray[]): void;
  /** A new tensor with the same numbers. */
  copy(x: tf.TensorInfo): tf.TensorInfo;
  /** `factor * Σ x`, a new scalar. */
  scaledSum(x: tf.TensorInfo, factor: number): tf.TensorInfo;
  /** `sqrt(Σ x²)` over every element of every tensor. */
  norm(tensors: readonly tf.TensorInfo[]): Promise<number>;
  /**
   * One step of AdamW on every weight, with the gradients clipped by their norm. Where the norm is not finite, no weight
   * changes.
   *
   * @returns the norm of the scaled gradients before clipping; the gradients may be freed as soon as the call returns
   */
  adamw(weights: readonly AdamWWeight[], clipping: Clipping): Promise<number>;
  free(tensor: tf.TensorInfo): void;
  /** What the kernels from now on are for; "scoring" at the start. */
  setPurpose(purpose: Purpose): void;
  /** Make sure that nobody else sees a change of this variable's numbers in place. */
  makeWritable(variable: tf.Variable): void;
}

/** `min(1, maxNorm / (norm + 1e-6))`, as PyTorch's `clip_grad_norm_`. */
export function clipFactor(norm: number, maxNorm: number | null): number {
  return maxNorm === null ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
}
