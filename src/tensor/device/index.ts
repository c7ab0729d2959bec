/**
 * @file Common code of all GPU hosts.
 *
 * A host (`src/tensor/cuda`, `src/tensor/webgpu`) writes one class that implements `Device`: its memory, its transfers and
 * its kernels. The rest is here.
 *
 * - `DeviceBackend` is the tfjs backend. A tensor has a device side, a host side, or both. It is uploaded when a kernel
 *   first reads it and downloaded when the host reads it. Kernels of TensorFlow.js itself run on the host side, so they
 *   work, but each needs a download.
 * - `DeviceMemory` pools device memory by size and frees it under pressure. It is the only place that counts bytes. An
 *   error names the request, the memory in use, and what to do.
 * - `DeviceArguments` caches device copies of arrays that are arguments but not tensors: ids, positions, masks.
 * - `TransferCounts` counts launches, uploads and downloads; a test checks their number for a training step.
 *
 * To start a backend: `registerFused(await startDeviceBackend(device))`.
 */

export { type AdamWPieces, type Device, type DeviceArray, type DevicePart, TransferCounts } from "./device";
export { DeviceArguments } from "./device-arguments";
export { DeviceBackend, startDeviceBackend } from "./device-backend";
export { type Block, DeviceMemory, type RawMemory } from "./device-memory";
export { sameInts } from "./same-ints";
export { tokensById } from "./tokens-by-id";
