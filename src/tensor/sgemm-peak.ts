/** @file Measures the peak speed of matrix products where we compute, the reference for all other speeds. */

import { gpuMemory } from "./gpu-memory";
import { loadNative } from "./native/load-addon";
import { tf } from "./tf";

/** 2 * 1024³ operations: long enough to time, small enough for the caches. */
const SIZE = 1024;
/** Products that fill a GPU, and their number between two waits. */
const GPU_SIZE = 4096;
const GPU_PRODUCTS = 4;
const MEASURE_MS = 1500;

/**
 * The best rate of a float32 matrix product, in operations per second: of 4096 x 4096 on a GPU, otherwise of 1024 x 1024
 * with the native kernels on all threads, or with the current backend if they are not built.
 */
export async function sgemmPeak(): Promise<number> {
  const isGpu = gpuMemory() !== null;
  const multiply = isGpu ? gpuProducts() : (nativeProduct() ?? backendProduct());
  const operations = isGpu ? GPU_PRODUCTS * 2 * GPU_SIZE ** 3 : 2 * SIZE ** 3;
  let best = 0;
  for (const started = performance.now(); performance.now() - started < MEASURE_MS; ) {
    const from = performance.now();
    await multiply();
    best = Math.max(best, operations / ((performance.now() - from) / 1000));
  }
  return best;
}

/** One number for each row of the last product comes back, so that the wait is short. */
function gpuProducts(): () => Promise<void> {
  const [a, column] = [GPU_SIZE, 1].map((n) => tf.keep(tf.fill([GPU_SIZE, n], 0.5) as tf.Tensor2D));
  return async () => {
    const sums = tf.tidy(() => {
      let c = a;
      for (let i = 0; i < GPU_PRODUCTS; i++) c = tf.matMul(a, a);
      return tf.matMul(c, column);
    });
    await sums.data();
    sums.dispose();
  };
}

function nativeProduct(): (() => Promise<void>) | null {
  try {
    const { addon } = loadNative();
    const [a, b, c] = [0.5, 0.25, 0].map((x) => new Float32Array(addon.allocate(4 * SIZE ** 2)).fill(x));
    return async () => void addon.gemm(1, SIZE, SIZE, SIZE, 0, 0, 0, a, b, c);
  } catch {
    return null;
  }
}

function backendProduct(): () => Promise<void> {
  const a = tf.keep(tf.fill([SIZE, SIZE], 0.5) as tf.Tensor2D);
  return async () => {
    const c = tf.matMul(a, a);
    await c.data();
    c.dispose();
  };
}
