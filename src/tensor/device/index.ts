/**
 * @file What every GPU host shares.
 *
 * A host (`src/tensor/cuda`, `src/tensor/webgpu`) writes one class that implements `Device`: its memory, its transfers and
 * its kernels. The rest is here.
 *
 * - `DeviceBackend` is the tfjs backend. A tensor has a device side, a host side, or both. It goes up when a kernel first
 *   reads it and comes down when the host reads it. Kernels of TensorFlow.js itself run on the host side, so they work
 *   and each costs a download.
 * - `DeviceMemory` pools device memory by size and frees it under pressure. It is the one place that counts bytes. An
 *   error says what had no room, what is in use, and what to do.
 * - `DeviceArguments` keeps the device's copies of arrays that are arguments and not tensors: ids, positions, masks.
 * - `TransferCounts` counts launches, uploads and downloads; a test holds a training step to its number.
 *
 * To start a backend: `registerFused(await startDeviceBackend(device))`.
 */

export { type AdamWPieces, type Device, type DeviceArray, type DevicePart, TransferCounts } from "./device";
export { DeviceArguments } from "./device-arguments";
export { DeviceBackend, startDeviceBackend } from "./device-backend";
export { type Block, DeviceMemory, type RawMemory } from "./device-memory";
