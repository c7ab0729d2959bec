/** @file Measures the compute rate of one job of a sweep. */

import * as os from "node:os";
import type { Rates } from "../stages/stage-needs";
import { sgemmPeak } from "../tensor/sgemm-peak";

/** Training reaches about half of this machine's peak matrix-product rate; other nodes are assumed to be equal. */
const SHARE_OF_PEAK = 0.4;

/** @param threads - threads of one job; default: all of this machine */
export async function measuredRates(threads = os.availableParallelism()): Promise<Rates> {
  const all = await sgemmPeak();
  return { flops: (SHARE_OF_PEAK * all * threads) / os.availableParallelism(), threads, gpu: 0 };
}
