/** @file Measures the compute rate of one job of a sweep. */

import * as os from "node:os";
import type { Rates } from "../stages/stage-needs";
import { initBackend } from "../tensor";
import { sgemmPeak } from "../tensor/sgemm-peak";

/** Training reaches about half of this machine's peak matrix-product rate; other nodes are assumed to be equal. */
const SHARE_OF_PEAK = 0.4;

/** @param threads - threads of one job; default: all of this machine */
export async function measuredRates(threads = os.availableParallelism()): Promise<Rates> {
  await initBackend(); // without native kernels, the rate is that of the backend which the stages will have
  const all = await sgemmPeak();
  return { flops: (SHARE_OF_PEAK * all * threads) / os.availableParallelism(), threads, gpu: 0 };
}
