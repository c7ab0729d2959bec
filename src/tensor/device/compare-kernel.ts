/** @file Compares one kernel of a GPU with the native one in one process; used by tests and `npm run gpu:check`. */

import type { KernelName } from "../fused/kernel-host";
import { loadNative } from "../native/load-addon";
import type { Device } from "./device";

/** An output of a kernel: name, length, and initial content if the kernel adds to it. */
export interface Output {
  out: string;
  length: number;
  from?: Float32Array;
}

export type Argument = Float32Array | Int32Array | Output | null;

export interface Comparison {
  /** by output, `||device - native|| / ||native||` */
  errors: Record<string, number>;
  /** the native outputs */
  native: Record<string, Float32Array>;
}

/**
 * Run one kernel on the device and natively.
 *
 * @param floor - root mean square below which errors are absolute, for sums that cancel
 */
export async function compareKernel<Piece>(
  device: Device<Piece>,
  kernel: KernelName,
  sizes: readonly number[],
  args: readonly Argument[],
  floor = 0,
): Promise<Comparison> {
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
  const errors: Record<string, number> = {};
  try {
    device.run(
      kernel,
      sizes,
      args.map((x, i) => blocks[i]?.piece ?? (x as Int32Array | Float32Array | null)),
    );
    await Promise.all(
      args.map(async (x, i) => {
        const block = blocks[i];
        if (block === null || x === null || ArrayBuffer.isView(x)) return;
        errors[x.out] = relativeDifference(await device.download(block.piece, x.length), native[x.out], floor);
      }),
    );
  } finally {
    for (const block of blocks) if (block !== null) device.memory.release(block);
  }
  return { errors, native };
}

/** Copy numbers to memory on the device, which the caller releases. */
export function onDevice<Piece>(device: Device<Piece>, x: Float32Array | Output) {
  const values = ArrayBuffer.isView(x) ? x : (x.from ?? new Float32Array(x.length).fill(Number.NaN));
  const block = device.memory.allocate(Math.max(4, values.byteLength), "a comparison");
  device.upload(block.piece, values);
  return block;
}

/** Norm of the difference relative to the norm of `want`, of which each number counts as at least `floor`. */
function relativeDifference(got: Float32Array, want: Float32Array, floor: number): number {
  let over = 0;
  let own = 0;
  for (let i = 0; i < want.length; i++) {
    over += (got[i] - want[i]) ** 2;
    own += want[i] ** 2;
  }
  return over === 0 ? 0 : Math.sqrt(over / Math.max(own, floor ** 2 * want.length));
}
