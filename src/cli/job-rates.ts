/** @file At which rate one job of a sweep computes. */

import * as os from "node:os";
import type { Rates } from "../stages/stage-needs";
import { sgemmPeak } from "../tensor/sgemm-peak";

/** A training reaches about half of this machine's matrix product; the nodes are taken to be like this one. */
const SHARE_OF_PEAK = 0.4;

/** @param threads - of one job; default all of this machine's */
export async function measuredRates(threads = os.availableParallelism()): Promise<Rates> {
  const all = await sgemmPeak();
  return { flops: (SHARE_OF_PEAK * all * threads) / os.availableParallelism(), threads, gpu: 0 };
}
