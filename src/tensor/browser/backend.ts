/**
 * @file Selects the backend in a reader's browser: our own kernels in WebGPU on a real GPU, else in WebAssembly,
 * else plain JavaScript. The bundle replaces `../backend.ts` by this file, which reads no file and makes no request.
 */

import { messageOf, oneOf } from "../../util/check";
import type { BackendInfo } from "../backend";
import { startPooledBackend } from "../fused/pooled-backend";
import { registerFused } from "../fused/register";
import { tf } from "../tf";
import { WasmMemory } from "../wasm/wasm-memory";
import { openDevice } from "../webgpu/open-device";
import { startBackend } from "../webgpu/start-backend";
import type { WebGpu } from "../webgpu/web-gpu";
import { WebgpuDevice } from "../webgpu/webgpu-device";

/** In the order of attempts. */
const BROWSER_BACKENDS = ["webgpu", "wasm", "cpu"] as const;
export type BrowserBackend = (typeof BROWSER_BACKENDS)[number];

/** 256 MB, because phones refuse the 4 GB that a training may need. */
const WASM_PAGES = 4096;

/**
 * Start the backend `wanted`, or the first that works.
 *
 * @param kernels - the content of `src/tensor/wasm/class-it.wasm`, which the page contains
 * @throws Error with the reason, if a backend chosen by name is not available
 */
export async function initBackend(wanted: string | null, kernels: Uint8Array): Promise<BackendInfo> {
  const start: Record<BrowserBackend, () => Promise<{ detail: string; isGpu: boolean }>> = {
    webgpu: () => startWebgpu(wanted !== null),
    wasm: () => startWasm(kernels),
    cpu: startCpu,
  };
  const refusals: string[] = [];
  for (const name of wanted === null ? BROWSER_BACKENDS : [oneOf("backend", wanted, BROWSER_BACKENDS)]) {
    try {
      const { detail, isGpu } = await start[name]();
      const precisions = { training: "float32", scoring: "float32" } as const;
      return { name, reason: [detail, ...refusals].join("; "), threads: 1, isGpu, precisions };
    } catch (error) {
      refusals.push(`not ${name}: ${messageOf(error)}`);
    }
  }
  throw new Error(refusals.join("; "));
}

/** A software adapter is slower than WebAssembly, so it is used only on request. */
async function startWebgpu(evenSoftware: boolean) {
  const gpu = (globalThis as unknown as { navigator?: { gpu?: WebGpu } }).navigator?.gpu;
  if (gpu === undefined) throw new Error("this browser does not support it");
  const { device, name, isSoftware } = await openDevice(gpu, "no GPU was found");
  if (isSoftware && !evenSoftware) {
    device.destroy();
    throw new Error("there is only a software GPU");
  }
  await startBackend(new WebgpuDevice({ device, name }));
  return { detail: `${name}${isSoftware ? ", a software GPU" : ""}`, isGpu: !isSoftware };
}

/** One thread: more threads need shared memory, which is not available to a page opened from a disk. */
async function startWasm(kernels: Uint8Array) {
  const memory = new WasmMemory({ binary: kernels, maxPages: WASM_PAGES });
  registerFused(await startPooledBackend("wasm", memory));
  return { detail: "our own kernels, one thread", isGpu: false };
}

async function startCpu() {
  await tf.setBackend("cpu");
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // suppress TensorFlow.js's message on the first tensor
  return { detail: "TensorFlow.js, the reference", isGpu: false };
}
