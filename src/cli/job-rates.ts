/** @file Measures the compute rate of one job of a sweep. */

import * as os from "node:os";
import type { Rates } from "../stages/stage-needs";
import { initBackend } from "../tensor";
import { sgemmPeak } from "../tensor/sgemm-peak";

/** Training reaches about half of the peak matrix-product rate; other nodes are assumed to be equal. */
const SHARE_OF_PEAK = 0.4;

/** @param threads - threads of one job; default: all of this machine. A job on a GPU has all of it. */
export async function measuredRates(threads = os.availableParallelism()): Promise<Rates> {
  const { isGpu } = await initBackend(); // without native kernels, the rate is that of the backend which the stages will have
  const all = await sgemmPeak();
  const share = isGpu ? 1 : threads / os.availableParallelism();
  return { flops: SHARE_OF_PEAK * all * share, threads, gpu: 0 };
}
