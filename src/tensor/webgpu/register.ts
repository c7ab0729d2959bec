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
 * Checks that Dawn leaves out. No kernel reads workgroup memory that it has not written, so it need not be filled with
 * zeros, which takes time in every workgroup, and 2 s of compilation per matrix product in SwiftShader. Validation of
 * every call is half of the host's time per launch. Without it a wrong call is undefined behaviour instead of an error,
 * so the tests run with it, as every browser does; sizes that depend on the user are checked by `DeviceMemory` and
 * `CommandQueue.launch`. Kernels still check the bounds of every array.
 */
const UNCHECKED = ["disable_workgroup_init"];
if (process.env.CLASS_IT_WEBGPU_VALIDATION !== "1") UNCHECKED.push("skip_validation");

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
    return create([
      ...(process.platform === "linux" ? ["backend=vulkan"] : []),
      `enable-dawn-features=${UNCHECKED.join(",")}`,
    ]);
  } catch (error) {
    throw new Error(`the optional package "webgpu" cannot be opened: ${messageOf(error).split("\n")[0]}`);
  }
}
