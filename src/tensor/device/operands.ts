/** @file Operands of a GPU's kernels: their types, and checks that an argument is of the expected kind. */

import type { DeviceArray } from "./device";

/** `C (+)= op(A) op(B)`: `A` is `[M, K]` or, transposed, `[K, M]`; `B` is `[K, N]` or, transposed, `[N, K]`. */
export interface Product {
  batch: number;
  M: number;
  N: number;
  K: number;
  transposeA: boolean;
  transposeB: boolean;
  accumulate: boolean;
}

export type MaskArrays = readonly [contextStart: Int32Array, contextEnd: Int32Array, branchStart: Int32Array];

/** Operands of attention, `[B*T, heads*D]`; `lse` is `[B*T, H]`. */
export interface AttentionOperands<Piece> {
  q: Piece;
  k: Piece;
  v: Piece;
  o: Piece;
  lse: Piece;
}

export interface AttentionGradients<Piece> {
  dO: Piece;
  dq: Piece;
  dk: Piece;
  dv: Piece;
}

export interface OutputLayer {
  N: number;
  C: number;
  V: number;
  scale: number;
  /** indices of the labelled rows of x */
  rows: Int32Array;
  /** `[N]`, valid in the labelled rows */
  labels: Int32Array;
}

/** Checks of a kernel's arguments. Each returns its argument. @throws TypeError naming the host and the expected kind */
export function argumentChecks<Piece>(host: string) {
  type Argument = DeviceArray<Piece>;
  const refuse = (wanted: string): never => {
    throw new TypeError(`${host}: a kernel wants ${wanted} here`);
  };
  return {
    piece: (x: Argument): Piece => (x === null || ArrayBuffer.isView(x) ? refuse("a tensor") : x),
    ints: (x: Argument): Int32Array => (x instanceof Int32Array ? x : refuse("ids")),
    floats: (x: Argument): Float32Array => (x instanceof Float32Array ? x : refuse("a table")),
  };
}

/** The kernel function of a host that lacks the kernels for scoring alone. Always throws. */
export function noScoringKernel(host: string): () => never {
  return () => {
    throw new Error(`${host}: this backend has no kernels for scoring alone (hasScoringKernels)`);
  };
}
