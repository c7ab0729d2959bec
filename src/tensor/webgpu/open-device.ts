/** @file Opens the WebGPU adapter, in Node or in a browser, with its full limits and features. */

import { messageOf } from "../../util/check";
import { type GpuAdapter, type GpuDevice, LIMITS, type WebGpu } from "./web-gpu";

export interface OpenedDevice {
  device: GpuDevice;
  /** name given by the driver */
  name: string;
  /** computed on the CPU: correct, but slower than our CPU kernels */
  isSoftware: boolean;
}

/** @throws Error in one sentence, if there is no adapter or it cannot be opened */
export async function openDevice(gpu: WebGpu, noAdapter: string): Promise<OpenedDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error(noAdapter);
  // the default limits would be 256 MB per buffer and 128 MB per binding
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  try {
    return { device: await adapter.requestDevice({ requiredLimits }), ...describe(adapter) };
  } catch (error) {
    throw new Error(`the adapter ${describe(adapter).name} cannot be opened: ${messageOf(error).split("\n")[0]}`);
  }
}

function describe({ info = {}, isFallbackAdapter }: GpuAdapter): { name: string; isSoftware: boolean } {
  const { vendor = "", architecture = "", device = "", description = "" } = info;
  const name = description || [vendor, architecture, device].filter((part) => part !== "").join(" ") || "a GPU";
  const isSoftware =
    isFallbackAdapter === true ||
    info.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|software/i.test(`${name} ${vendor} ${architecture}`);
  return { name, isSoftware };
}
