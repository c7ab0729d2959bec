/** @file Start the backend `wasm`: our kernels from a committed binary, for machines without a C compiler. */

import { startPooledBackend } from "../fused/pooled-backend";
import { registerFused } from "../fused/register";
import { wantedThreads } from "../fused/threads";
import { compileWasm } from "./binaries";
import { WasmMemory } from "./wasm-memory";

export async function startWasm(): Promise<{ instructionSet: string; threads: number }> {
  const { module, instructionSet } = compileWasm();
  const memory = new WasmMemory({ module });
  const threads = wantedThreads();
  await memory.startWorkers(threads);
  registerFused(await startPooledBackend("wasm", memory));
  return { instructionSet, threads };
}
