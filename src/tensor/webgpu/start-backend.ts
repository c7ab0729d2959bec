/** @file Starts the tfjs backend with tensors on a WebGPU device, in Node and in browsers. */

import { startDeviceBackend } from "../device";
import { registerFused } from "../fused/register";
import { registerPlainOperations } from "./plain-operations";
import type { WebgpuDevice } from "./webgpu-device";

export async function startBackend(device: WebgpuDevice): Promise<void> {
  const backend = await startDeviceBackend(device);
  registerFused(backend);
  registerPlainOperations(backend, device);
}
