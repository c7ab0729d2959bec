/** @file Start the backend `native`: our kernels, compiled for this machine. */

import type { Purpose } from "../fused/kernel-host";
import { startPooledBackend } from "../fused/pooled-backend";
import type { Precision } from "../fused/precision";
import { registerFused } from "../fused/register";
import { loadNative } from "./load-addon";
import { NativeMemory } from "./native-memory";

let memory: NativeMemory | null = null;

/** A started backend; `bf16` says how such products are computed, null if none are. */
export interface StartedNative {
  instructionSet: string;
  threads: number;
  bf16: "on AMX" | "without AMX" | null;
}

/** @throws Error with the reason, if the addon is not built or cannot be opened, or cannot compute in that precision */
export async function startNative(precisions: Record<Purpose, Precision> = FLOAT32): Promise<StartedNative> {
  const native = loadNative();
  memory = new NativeMemory(native);
  const bf16 = precisions.training === "bf16" ? memory.setProducts("bf16") : null;
  memory.setProducts(precisions.scoring);
  registerFused(await startPooledBackend("native", memory, precisions));
  return { instructionSet: native.instructionSet, threads: native.threads, bf16 };
}

const FLOAT32: Record<Purpose, Precision> = { training: "float32", scoring: "float32" };

/** The native backend's memory and settings, if it has started. */
export function nativeMemory(): NativeMemory | null {
  return memory;
}
