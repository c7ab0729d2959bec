/** @file Compares all kernels of a GPU with the native ones, for `npm run gpu:check`. */

import { Rng } from "../../util/rng";
import type { KernelName } from "../fused/kernel-host";
import type { Precision } from "../fused/precision";
import { type Argument, compareKernel } from "./compare-kernel";
import type { Device } from "./device";

/** A GPU whose results are compared with the CPU's. */
export interface CheckedGpu<Piece> {
  readonly device: Device<Piece>;
  /** of matrix products; float32 first */
  readonly precisions: readonly Precision[];
  /** Precision of training; `scoring` as well if `isAll`, else float32. */
  setPrecision(training: Precision, isAll: boolean): void;
}

/** Largest allowed `||device - native|| / ||native||`. */
export const LIMITS: Readonly<Record<Precision, number>> = { float32: 1e-5, tf32: 2e-3, bf16: 2e-2 };

export interface CheckedKernel {
  kernel: KernelName;
  precision: Precision;
  /** largest error over all cases and outputs */
  worst: number;
  cases: number;
}

/**
 * Check every kernel at a few sizes; matrix products in each precision.
 *
 * @param size - "large" adds the paper's shapes; minutes in an emulator
 * @param until - value of `performance.now()` after which no further case starts
 */
export async function checkKernels<Piece>(
  gpu: CheckedGpu<Piece>,
  size: "small" | "large",
  until: number,
): Promise<CheckedKernel[]> {
  const results = new Map<string, CheckedKernel>();
  const rng = Rng.fromSeed("gpu-check");
  // drawing every number of the paper's shapes would take longer than the kernels: a table, from a random place on
  const drawn = Float32Array.from({ length: size === "large" ? 99_991 : 997 }, () => rng.normal());
  const floats = (n: number, deviation = 1) => {
    const from = rng.int(drawn.length);
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) values[i] = deviation * drawn[(from + i) % drawn.length];
    return values;
  };
  const ints = (n: number, below: number) => Int32Array.from({ length: n }, () => rng.int(below));
  const check = async (
    kernel: KernelName,
    sizes: number[],
    args: Argument[],
    floor = 0,
    precisions = gpu.precisions,
  ) => {
    let native: Record<string, Float32Array> = {};
    for (const precision of precisions) {
      if (performance.now() > until) return native;
      gpu.setPrecision(precision, true);
      const compared = await compareKernel(gpu.device, kernel, sizes, args, floor);
      native = compared.native;
      const key = `${kernel} ${precision}`;
      const row = results.get(key) ?? { kernel, precision, worst: 0, cases: 0 };
      row.cases++;
      // NaN counts as the largest error
      for (const error of Object.values(compared.errors)) if (!(error <= row.worst)) row.worst = error;
      results.set(key, row);
    }
    return native;
  };
  const exact: Precision[] = ["float32"];
  const isLarge = size === "large";

  for (const [M, N, K] of isLarge
    ? [
        [130, 257, 65],
        [1536, 2816, 704],
        [704, 704, 6144],
      ]
    : [[70, 90, 65]]) {
    // forward, by the operands (added to another gradient), by the weights
    for (const [ta, tb, accumulate] of [
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]) {
      const C = { out: "C", length: M * N, ...(accumulate === 1 && { from: floats(M * N) }) };
      await check("gemm", [1, M, N, K, ta, tb, accumulate], [floats(M * K), floats(K * N), C], Math.sqrt(K) / 2);
    }
  }
  for (const [B, T, H, K, D] of isLarge
    ? [
        [1, 385, 4, 2, 64],
        [1, 2048, 11, 11, 64],
      ]
    : [[1, 40, 2, 1, 16]]) {
    const [q, k, v] = [H, K, K].map((heads) => floats(B * T * heads * D));
    const third = Math.ceil(T / 3); // three documents per row
    const branch = Int32Array.from({ length: B * T }, (_, n) => Math.floor((n % T) / third) * third);
    const mask = [new Int32Array(B * T), new Int32Array(B * T), branch];
    const outputs = [
      { out: "o", length: q.length },
      { out: "lse", length: B * T * H },
    ];
    const { o, lse } = await check("attention", [B, T, H, K, D], [...mask, q, k, v, ...outputs], 0.2);
    if (o === undefined) break;
    const gradients = [
      { out: "dq", length: q.length },
      { out: "dk", length: k.length },
      { out: "dv", length: v.length },
    ];
    await check("attentionGrad", [B, T, H, K, D], [...mask, q, k, v, o, lse, floats(q.length), ...gradients], 0.2);
  }
  for (const [N, C, V] of isLarge
    ? [
        [300, 64, 1003],
        [384, 704, 32_000],
      ]
    : [[40, 16, 60]]) {
    const rows = Int32Array.from({ length: N }, (_, i) => i);
    const args: Argument[] = [
      rows,
      ints(N, V),
      floats(N * C),
      floats(V * C, 1 / Math.sqrt(C)),
      { out: "log p", length: N },
    ];
    args.push({ out: "dx", length: N * C }, { out: "dw", length: V * C });
    await check("crossEntropy", [N, C, V, N, 1 / N], args);
  }
  const [N, C, F, V] = isLarge ? [2048, 704, 2816, 8192] : [20, 24, 40, 30];
  const [x, dy, w] = [floats(N * C), floats(N * C), floats(C)];
  const normed = [
    { out: "y", length: N * C },
    { out: "inverse", length: N },
  ];
  const { inverse } = await check("rmsNorm", [N, C, 1e-6], [x, w, ...normed], 0, exact);
  if (inverse !== undefined) {
    const gradients = [
      { out: "dx", length: N * C },
      { out: "dw", length: C },
    ];
    await check("rmsNormGrad", [N, C], [x, w, inverse, dy, ...gradients], 0, exact);
  }
  const D = 8;
  const tables = [floats(100 * (D / 2)), floats(100 * (D / 2))];
  await check("rope", [N, C / D, D, 100, 1], [ints(N, 100), ...tables, x, { out: "y", length: N * C }], 0, exact);
  const [gate, up] = [floats(N * F), floats(N * F)];
  await check("swiglu", [N * F], [gate, up, { out: "y", length: N * F }], 0, exact);
  const gradients = [
    { out: "dgate", length: N * F },
    { out: "dup", length: N * F },
  ];
  await check("swigluGrad", [N * F], [gate, up, floats(N * F), ...gradients], 0, exact);
  await check("binary", [0, N * C, 0], [x, dy, { out: "y", length: N * C }], 0, exact);
  const ids = ints(N, V);
  await check("embedding", [N, C, V], [ids, floats(V * C), { out: "y", length: N * C }], 0, exact);
  await check("embeddingGrad", [N, C, V], [ids, dy, { out: "dtable", length: V * C }], 0, exact);
  const state = ["p", "m", "v"].map((out) => ({ out, length: N * C, from: floats(N * C).map(Math.abs) }));
  const sizes = [N * C, 0.999, 0.9, 0.999, 1e-8, 1e-3, 0.3, 0.7];
  await check("adamw", sizes, [state[0], dy, state[1], state[2]], 0, exact);
  return [...results.values()];
}
