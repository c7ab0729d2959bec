/**
 * @file Interface of a backend with fused kernels: memory for tensors, and the kernels by name.
 *
 * Every host (the native addon, the WebAssembly module, a GPU) has the same kernels with the same arguments: sizes
 * first, then arrays. `register.ts` is written against this interface. The kernels are defined in
 * src/tensor/kernels/kernels.h.
 *
 * A host may compute asynchronously (as a GPU does), so no call returns numbers; read a tensor to get them.
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
  | "gemmSum"
  | ScoringKernelName;

/** Kernels without a gradient, which only hosts with `hasScoringKernels` have. */
export type ScoringKernelName = "treeAttention" | "logProbs";

/** A tensor, numbers that are an argument but not a tensor, or null for an output that is not wanted. */
export type KernelArray = tf.TensorInfo | Int32Array | Float32Array | null;

/** The arrays that each kernel writes; it may also read them (a product that is added, the optimizer's state). */
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
  gemmSum: [0],
  treeAttention: [4],
  logProbs: [5],
};

/** One weight in an update of AdamW. */
export interface AdamWWeight {
  parameter: tf.Variable;
  gradient: tf.TensorInfo;
  m: tf.Variable;
  v: tf.Variable;
  /**
   * arguments of the kernel `adamw` without the gradient's scale: decay, beta1, beta2, eps, rate, root of correction 2
   */
  hyper: readonly number[];
}

/** Gradients are multiplied by `scale`, then by `min(1, maxNorm / (norm + 1e-6))` with the norm of all of them. */
export interface Clipping {
  scale: number;
  /** null: no clipping */
  maxNorm: number | null;
}

/** Purpose of the computation; a host may use different precisions. */
export type Purpose = "training" | "scoring";

export interface KernelHost {
  /** name of the tfjs backend of the kernels */
  readonly backendName: string;
  /**
   * Whether the kernel that computes a gradient adds it to an earlier one. A product then adds to its output, and
   * `rmsNormGrad` takes a seventh array that it adds to dx. CPU hosts add afterwards: that costs little, and a
   * different order of sums would change the bytes.
   *
   * On such a host `gemm` has an eighth size: 1 if the result is complete, so that nothing will be added to it; the host
   * may then store it in bf16.
   */
  readonly addsGradients: boolean;
  /**
   * Whether there is the kernel `gemmSum`: `C = Σ A B` of two or three products in one sum. Sizes are M, N and each K,
   * arrays C and each A `[M, K]` and B `[K, N]`; C is complete.
   */
  readonly sumsProducts: boolean;
  readonly hasScoringKernels: boolean;
  /**
   * Number of terms after which a product cuts its sums (`KC` in gemm.h), if each part is one chain of float32
   * multiply-adds: rows of zeros then add nothing and can be left out without changing a byte. null otherwise.
   */
  readonly productCut: number | null;
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
   * One step of AdamW on every weight, with the gradients clipped by their norm. If the norm is not finite, no weight
   * changes.
   *
   * @returns the norm of the scaled gradients before clipping; the gradients may be freed as soon as the call returns
   */
  adamw(weights: readonly AdamWWeight[], clipping: Clipping): Promise<number>;
  free(tensor: tf.TensorInfo): void;
  /** Numbers of a tensor if the host has them or can wait for them; null if they can only be read with `data()`. */
  valuesNow(x: tf.TensorInfo): Float32Array | null;
  /** Purpose of the following kernels; initially "scoring". */
  setPurpose(purpose: Purpose): void;
  /** Ensure that changing this variable in place affects no other tensor. */
  makeWritable(variable: tf.Variable): void;
}

/** `min(1, maxNorm / (norm + 1e-6))`, as in PyTorch's `clip_grad_norm_`. */
export function clipFactor(norm: number, maxNorm: number | null): number {
  return maxNorm === null ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
}
