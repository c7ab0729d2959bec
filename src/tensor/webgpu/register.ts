/**
 * @file Start the backend `webgpu` in Node: our kernels on the GPU that the npm package `webgpu` (Dawn) finds. In a
 * browser, `../browser/backend.ts` starts the same kernels.
 */

import { messageOf } from "../../util/check";
import { openDevice } from "./open-device";
import { startBackend } from "./start-backend";
import type { WebGpu } from "./web-gpu";
import { WebgpuDevice } from "./webgpu-device";

/**
 * No kernel reads workgroup memory that it has not written, so Dawn need not fill it with zeros, which takes time in
 * every workgroup, and 2 s of compilation per matrix product in SwiftShader.
 */
const NO_INIT = "enable-dawn-features=disable_workgroup_init";

/** Must outlive its devices. */
let dawn: WebGpu | null = null;

let device: WebgpuDevice | null = null;

/** @throws Error naming what is missing: the package, its driver library, or an adapter */
export async function startWebgpu(): Promise<{ adapter: string; isSoftware: boolean }> {
  dawn ??= await openDawn();
  const opened = await openDevice(dawn, "no adapter found; WebGPU needs a GPU driver (on Linux: Vulkan)");
  device = new WebgpuDevice(opened);
  await startBackend(device);
  return { adapter: opened.name, isSoftware: opened.isSoftware };
}

/** The device in use, if the backend has started. */
export function webgpuDevice(): WebgpuDevice | null {
  return device;
}

async function openDawn(): Promise<WebGpu> {
  try {
    const { create } = (await import("webgpu" as string)) as { create(options: string[]): WebGpu };
    return create([...(process.platform === "linux" ? ["backend=vulkan"] : []), NO_INIT]);
  } catch (error) {
    throw new Error(`the optional package "webgpu" cannot be opened: ${messageOf(error).split("\n")[0]}`);
  }
}
