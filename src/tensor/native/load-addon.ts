/** @file Finds and opens the native kernels built by `build.mjs`. */

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { messageOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";
import type { KernelName } from "../fused/kernel-host";
import { wantedThreads } from "../fused/threads";

export type NativeArray = Float32Array | Int32Array | null;

/** Sizes first, then arrays; the addon checks each array against the sizes. */
type NativeKernels = Record<KernelName, (...args: (number | NativeArray)[]) => unknown>;

export type NativeAddon = NativeKernels & {
  /**
   * The same kernels, noted for the next `finish`. Ids are copied; arrays of floats must exist and keep their memory
   * until then.
   */
  later: Omit<NativeKernels, "sumOfSquares">;
  /** Check and compute all noted calls in order. @throws the first error, and forgets the rest */
  finish(): void;
  /** instruction sets that this processor supports, best first: `avx512`, `avx2`, `scalar`, or `neon` */
  instructionSets(): string[];
  configure(instructionSet: string, threads: number): void;
  /**
   * Compute the products of `gemm` and `crossEntropy` in bfloat16 from now on, or in float32 again. Returns 1 where the
   * processor has instructions for it (AMX), else 0. @throws RangeError if the instruction set cannot do it
   */
  useBf16(on: number): number;
  allocate(bytes: number): ArrayBuffer;
  scratchBytes(): number;
};

export interface LoadedAddon {
  addon: NativeAddon;
  instructionSet: string;
  threads: number;
}

/**
 * Open the addon and configure it: the best instruction set (or `CLASS_IT_SIMD`), all cores (or `CLASS_IT_THREADS`).
 *
 * @throws Error with a remedy, if it is not built or was built from other sources
 */
export function loadNative(): LoadedAddon {
  const folder = path.join(projectRoot(), "src", "tensor", "native");
  const remedy = 'build it with "node src/tensor/native/build.mjs"';
  const current = path.join(folder, "build", "current.json");
  if (!fs.existsSync(current)) throw new Error(`the native kernels are not built; ${remedy}`);
  const { file, sources } = JSON.parse(fs.readFileSync(current, "utf8")) as { file: string; sources: string };
  if (sources !== hashOfSources(folder)) {
    throw new Error(`the native kernels were built from different sources; ${remedy}`);
  }
  let addon: NativeAddon;
  try {
    addon = createRequire(path.join(folder, "load.js"))(path.join(folder, "build", file)) as NativeAddon;
  } catch (error) {
    throw new Error(`the native kernels cannot be opened (${messageOf(error)}); ${remedy} -- --force`);
  }
  const available = addon.instructionSets();
  const instructionSet = process.env.CLASS_IT_SIMD || available[0];
  if (!available.includes(instructionSet)) {
    throw new Error(`CLASS_IT_SIMD=${instructionSet} is not on this processor; it has ${available.join(", ")}`);
  }
  const threads = wantedThreads();
  addon.configure(instructionSet, threads);
  return { addon, instructionSet, threads };
}

/** The same as `hashOfSources` in build.mjs. */
function hashOfSources(folder: string): string {
  const hash = createHash("sha256");
  for (const at of [path.join(folder, "..", "kernels"), folder]) {
    for (const name of fs.readdirSync(at).sort()) {
      if (/\.[ch]$/.test(name)) hash.update(fs.readFileSync(path.join(at, name)));
    }
  }
  return hash.digest("hex");
}
