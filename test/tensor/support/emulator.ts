/** @file An emulated card: the CUDA kernels, and the driver, on the CPU (src/tensor/cuda/emulator). */

import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { CudaCard } from "../../../src/tensor/cuda/card";
import { startCard } from "../../../src/tensor/cuda/start";
import { projectRoot } from "../../../src/util/project-root";

interface Build {
  buildDriverAddon(): { ok: boolean; reason: string };
  buildEmulator(): Promise<{ file: string } | { reason: string }>;
}

/** The emulator's library, built where it is not yet; or one sentence why there is none. */
export async function emulator(): Promise<{ file: string } | { reason: string }> {
  const script = pathToFileURL(path.join(projectRoot(), "src", "tensor", "cuda", "build.mjs")).href;
  const build = (await import(script)) as Build;
  const addon = build.buildDriverAddon();
  return addon.ok ? build.buildEmulator() : { reason: addon.reason };
}

/** A card whose kernels run in little steps: few logits at once, and Hopper's kernels also for small products. */
export function emulatedCard(file: string): CudaCard {
  const { card } = startCard(file);
  card.chunkLogits = 2 ** 14;
  return card;
}
