/** @file Start the backend `cuda`: our kernels on an NVIDIA GPU. */

import { startDeviceBackend } from "../device";
import type { Purpose } from "../fused/kernel-host";
import type { Precision } from "../fused/precision";
import { registerFused } from "../fused/register";
import type { CudaCard } from "./card";
import { startCard } from "./start";

let card: CudaCard | null = null;
let driver = 0;

/** @throws Error in one sentence, if there is no driver or no card */
export async function startCuda(precisions: Record<Purpose, Precision>): Promise<{ name: string; driver: number }> {
  const started = startCard();
  card = started.card;
  driver = started.driver;
  card.precisions = precisions;
  registerFused(await startDeviceBackend(card));
  return { name: card.info.name, driver: started.driver };
}

/** CUDA's version that the driver supports, 12020 for 12.2; 0 before the start. */
export function cudaDriver(): number {
  return driver;
}

/** The card in use, if the backend has started. */
export function cudaCard(): CudaCard | null {
  return card;
}
