/**
 * @file Start the backend `webgpu`: TensorFlow.js's own, on the npm package `webgpu` (Dawn), where it finds an adapter.
 *
 * The operations run as their plain compositions. Values are read with `data()`, never synchronously.
 */

import { messageOf } from "../../util/check";
import { tf } from "../tf";

interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}

interface Adapter {
  info: { vendor: string; architecture: string; device: string; description: string; isFallbackAdapter?: boolean };
}

/** @throws Error saying what is missing: the package, its driver library, or an adapter */
export async function startWebgpu(): Promise<{ adapter: string; isSoftware: boolean }> {
  const gpu = await openDawn();
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("no adapter found; WebGPU needs a GPU driver (on Linux: Vulkan)");
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture, device].filter((part) => part !== "").join(" ") || "an adapter";
  // TensorFlow.js looks for the browser's object, and Node's own `navigator` cannot be assigned to
  Object.defineProperty(globalThis, "navigator", {
    value: { gpu, userAgent: "node", platform: process.platform, hardwareConcurrency: 1 },
    configurable: true,
    writable: true,
  });
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error(`TensorFlow.js refused ${name}`);
  await tf.ready();
  const isSoftware =
    isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software/i.test(`${name} ${vendor} ${architecture}`);
  return { adapter: name, isSoftware };
}

async function openDawn(): Promise<Gpu> {
  let dawn: { create(options: string[]): Gpu; globals: object };
  try {
    dawn = (await import("webgpu" as string)) as typeof dawn;
  } catch (error) {
    throw new Error(`the optional package "webgpu" cannot be opened: ${messageOf(error).split("\n")[0]}`);
  }
  Object.assign(globalThis, dawn.globals);
  return dawn.create(process.platform === "linux" ? ["backend=vulkan"] : []);
}
