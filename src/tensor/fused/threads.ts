/** @file How many threads the kernels use. No result depends on it. */

import * as os from "node:os";

/** `CLASS_IT_THREADS`, or one a core. */
export function wantedThreads(): number {
  const wanted = process.env.CLASS_IT_THREADS;
  if (wanted === undefined || wanted === "") return os.availableParallelism();
  const threads = Number(wanted);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new Error(`CLASS_IT_THREADS wants a whole number from 1 to 256, got "${wanted}"`);
  }
  return threads;
}
