/** @file A WebGPU device's kernels against the native ones, in one process. */

import assert from "node:assert/strict";
import { relativeDifference } from "../../../src/tensor/cuda/self-check";
import type { KernelName } from "../../../src/tensor/fused/kernel-host";
import { loadNative } from "../../../src/tensor/native/load-addon";
import type { WebgpuDevice } from "../../../src/tensor/webgpu/webgpu-device";

/** An output of a kernel: its name, its length, and what it holds before where the kernel adds to it. */
export interface Output {
  out: string;
  length: number;
  from?: Float32Array;
}

export type Argument = Float32Array | Int32Array | Output | null;

/** Largest `||webgpu - native|| / ||native||`. */
export const LIMIT = 1e-5;

/**
 * Run one kernel on both and hold them to the limit.
 *
 * @param floor - root mean square below which differences are no longer relative: sums that cancel out to nothing
 * @returns the native outputs by name
 */
export async function compareKernel(
  device: WebgpuDevice,
  kernel: KernelName,
  sizes: readonly number[],
  args: readonly Argument[],
  floor = 0,
): Promise<Record<string, Float32Array>> {
  const { addon } = loadNative();
  const native: Record<string, Float32Array> = {};
  const arrays = args.map((x) => {
    if (x === null || ArrayBuffer.isView(x)) return x;
    native[x.out] = x.from?.slice() ?? new Float32Array(x.length).fill(Number.NaN);
    return native[x.out];
  });
  addon[kernel](...sizes, ...arrays);
  // tables of angles are arguments, not tensors
  const isTable = (i: number) => kernel === "rope" && (i === 1 || i === 2);
  const blocks = args.map((x, i) => (x === null || x instanceof Int32Array || isTable(i) ? null : onDevice(device, x)));
  device.run(
    kernel,
    sizes,
    args.map((x, i) => blocks[i]?.piece ?? (x as Int32Array | Float32Array | null)),
  );
  const outputs = args.map((x, i) => {
    const block = blocks[i];
    return block === null || x === null || ArrayBuffer.isView(x) ? null : { ...x, piece: block.piece };
  });
  const read = await Promise.all(outputs.map((x) => (x === null ? null : device.download(x.piece, x.length))));
  for (const [i, x] of outputs.entries()) {
    if (x === null) continue;
    const error = relativeDifference(read[i] as Float32Array, native[x.out], floor);
    assert.ok(error <= LIMIT, `${kernel} [${sizes}] ${x.out}: ${error.toExponential(2)}`);
    worst.set(kernel, Math.max(worst.get(kernel) ?? 0, error));
  }
  for (const block of blocks) if (block !== null) device.memory.release(block);
  return native;
}

/** By kernel, the largest difference so far. */
export const worst = new Map<KernelName, number>();

/** Numbers on the device, in memory that the caller releases. */
export function onDevice(device: WebgpuDevice, x: Float32Array | Output) {
  const values = ArrayBuffer.isView(x) ? x : (x.from ?? new Float32Array(x.length).fill(Number.NaN));
  const block = device.memory.allocate(Math.max(4, values.byteLength), "a comparison");
  device.upload(block.piece, values);
  return block;
}
