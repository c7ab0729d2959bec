/** @file An emulated card: the CUDA kernels, and the driver, on the CPU (src/tensor/cuda/emulator). */

import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import type { CudaCard } from "../../../src/tensor/cuda/card";
import { startCard } from "../../../src/tensor/cuda/start";
import { projectRoot } from "../../../src/util/project-root";

interface Build {
  buildDriverAddon(): { ok: boolean; reason: string };
  buildEmulator(): Promise<{ file: string } | { reason: string }>;
}

/** For `skip`: why there can be no emulator here, or false. */
export function emulatorMissing(): string | false {
  if (process.platform !== "linux" || process.arch !== "x64") return "the CUDA emulator runs on Linux x86-64 only";
  for (const compiler of ["g++", "cc"]) {
    if (spawnSync(compiler, ["--version"], { stdio: "ignore" }).status !== 0)
      return `no ${compiler} for the CUDA emulator`;
  }
  return false;
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
