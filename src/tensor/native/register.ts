/** @file Start the backend `native`: our kernels, compiled for this machine. */

import { startPooledBackend } from "../fused/pooled-backend";
import { registerFused } from "../fused/register";
import { loadNative } from "./load-addon";
import { NativeMemory } from "./native-memory";

let memory: NativeMemory | null = null;

/** @throws Error with the reason, if the addon is not built or cannot be opened */
export async function startNative(): Promise<{ instructionSet: string; threads: number }> {
  const native = loadNative();
  memory = new NativeMemory(native);
  registerFused(await startPooledBackend("native", memory));
  return native;
}

/** The native backend's memory and settings, if it has started. */
export function nativeMemory(): NativeMemory | null {
  return memory;
}
