/** @file Number of threads of the kernels. It does not affect any result. */

import * as os from "node:os";

/** `CLASS_IT_THREADS`, or one per core. */
export function wantedThreads(): number {
  const wanted = process.env.CLASS_IT_THREADS;
  if (wanted === undefined || wanted === "") return os.availableParallelism();
  const threads = Number(wanted);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new Error(`CLASS_IT_THREADS wants a whole number from 1 to 256, got "${wanted}"`);
  }
  return threads;
}
