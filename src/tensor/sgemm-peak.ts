/** @file Measures this machine's peak speed of matrix products, the reference for all other speeds. */

import { loadNative } from "./native/load-addon";
import { tf } from "./tf";

/** 2 * 1024³ operations: long enough to time, small enough for the caches. */
const SIZE = 1024;
const MEASURE_MS = 1500;

/**
 * The best rate of a float32 matrix product of 1024 x 1024, in operations per second, with the native kernels on all
 * threads, or with the current backend if they are not built.
 */
export async function sgemmPeak(): Promise<number> {
  const multiply = nativeProduct() ?? backendProduct();
  let best = 0;
  for (const started = performance.now(); performance.now() - started < MEASURE_MS; ) {
    const from = performance.now();
    await multiply();
    best = Math.max(best, (2 * SIZE ** 3) / ((performance.now() - from) / 1000));
  }
  return best;
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
