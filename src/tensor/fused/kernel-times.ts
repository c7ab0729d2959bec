/** @file Profiles a step: the time of every call of a fused kernel, by kernel and shape, and of the JavaScript around. */

import type { KernelArray, KernelName } from "./kernel-host";
import { type KernelMemory, PooledBackend } from "./pooled-backend";
import { fusedHost } from "./register";

/** Times of one kernel at one shape, in one run of a step. */
export interface KernelTime {
  /** `gemm 1024 x 128 x 512`, `attention`, ... */
  name: string;
  /** Its size arguments, which distinguish calls of one name. */
  sizes: string;
  calls: number;
  /** Total of all calls. */
  seconds: number;
  /** Time of the fastest call. */
  fastest: number;
  /** Multiplications and additions of matrix products, causal attention and the vocabulary; 0 for element-wise kernels. */
  operations: number;
  /** Bytes of the tensors read and written, each once. */
  bytes: number;
}

export interface StepTimes {
  /** Time of a step outside the kernels. */
  javaScript: number;
  kernels: KernelTime[];
}

const NO_WORK = { operations: 0, bytes: 0 };

/**
 * Run `step` twice: once to time JavaScript, then with every kernel computed and timed at once, not noted.
 *
 * @param clock - returns seconds: processor time for one thread, which other programs do not affect; otherwise wall
 *   time
 * @throws Error on a backend without fused kernels, or with asynchronous kernels
 */
export async function timeKernels(step: () => Promise<void>, clock: () => number): Promise<StepTimes> {
  const host = fusedHost();
  if (!(host instanceof PooledBackend)) {
    throw new Error(
      "timeKernels: kernels can be timed on the native and wasm backends only; choose one with --backend",
    );
  }
  return {
    javaScript: await timeJavaScript(step, host.kernelMemory, clock),
    kernels: await timeEach(step, host, clock),
  };
}

/** Time of a step without what the memory computes, in `finish` or at once. */
async function timeJavaScript(step: () => Promise<void>, memory: KernelMemory, clock: () => number): Promise<number> {
  const { run, finish } = memory;
  let inKernels = 0;
  memory.run = (...call) => {
    const from = clock();
    const result = run.apply(memory, call);
    if (result !== null) inKernels += clock() - from;
    return result;
  };
  memory.finish = () => {
    const from = clock();
    finish.call(memory);
    inKernels += clock() - from;
  };
  const from = clock();
  try {
    await step();
    memory.finish();
  } finally {
    Object.assign(memory, { run, finish });
  }
  return clock() - from - inKernels;
}

async function timeEach(step: () => Promise<void>, host: PooledBackend, clock: () => number): Promise<KernelTime[]> {
  const found = new Map<string, KernelTime>();
  const run = host.run;
  host.run = (kernel: KernelName, sizes: number[], arrays: KernelArray[]) => {
    const from = clock();
    const result = run.call(host, kernel, sizes, arrays);
    host.kernelMemory.finish();
    const seconds = clock() - from;
    const name = nameOf(kernel, sizes, arrays);
    const key = `${name} ${sizes}`;
    const time = found.get(key) ?? {
      name,
      sizes: String(sizes),
      calls: 0,
      seconds: 0,
      fastest: Number.POSITIVE_INFINITY,
      ...NO_WORK,
    };
    time.calls++;
    time.seconds += seconds;
    time.fastest = Math.min(time.fastest, seconds);
    time.operations += operationsOf(kernel, sizes, arrays);
    time.bytes += arrays.reduce((sum, x) => sum + bytesOf(x), 0);
    found.set(key, time);
    return result;
  };
  try {
    await step();
  } finally {
    host.run = run;
  }
  return [...found.values()];
}

function nameOf(kernel: KernelName, sizes: readonly number[], arrays: readonly KernelArray[]): string {
  if (kernel !== "gemm") return kernel === "crossEntropy" && arrays[5] !== null ? "crossEntropy with gradient" : kernel;
  const [, M, N, K, transposeA, transposeB] = sizes;
  return `gemm ${M} x ${N} x ${K}${transposeA ? ", A transposed" : ""}${transposeB ? ", B transposed" : ""}`;
}

function operationsOf(kernel: KernelName, sizes: readonly number[], arrays: readonly KernelArray[]): number {
  if (kernel === "gemm") return 2 * sizes[0] * sizes[1] * sizes[2] * sizes[3];
  if (kernel === "gemmSum") return 2 * sizes[0] * sizes[1] * sizes.slice(2).reduce((sum, K) => sum + K, 0);
  if (kernel === "crossEntropy") return (arrays[5] === null ? 2 : 6) * sizes[3] * sizes[1] * sizes[2];
  if (kernel === "logProbs") return 2 * sizes[3] * sizes[1] * sizes[2];
  const [B, T, H, , D] = sizes;
  if (kernel === "attention") return 2 * B * H * D * T * (T + 1);
  if (kernel === "attentionGrad") return 5 * B * H * D * T * (T + 1);
  return 0;
}

function bytesOf(x: KernelArray): number {
  if (x === null) return 0;
  return ArrayBuffer.isView(x) ? x.byteLength : 4 * x.shape.reduce((product, n) => product * n, 1);
}
