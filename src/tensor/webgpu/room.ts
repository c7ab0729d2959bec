/** @file The device's limits, memory and queue, as passed to the functions that call kernels. */

import type { DeviceMemory } from "../device";
import { type CommandQueue, type GpuPiece, type KernelSource, MOST_GROUPS } from "./command-queue";
import type { GpuLimits } from "./web-gpu";

/** The device's resources for the caller of a kernel. */
export interface Room {
  readonly limits: GpuLimits;
  readonly memory: DeviceMemory<GpuPiece>;
  readonly queue: CommandQueue;
  /** maximum number of logits in memory at once */
  readonly chunkLogits: number;
  upload(piece: GpuPiece, values: Int32Array | Float32Array): void;
  /** Device copy of an argument that is constant within a batch. */
  argument(values: Int32Array): GpuPiece;
  /** The same for a table that its owner never changes. */
  table(values: Float32Array): GpuPiece;
}

/** Temporary memory for the kernels launched by `use`; later users are ordered after them. */
export function withScratch<T>(room: Room, bytes: number, what: string, use: (piece: GpuPiece) => T): T {
  const block = room.memory.allocate(Math.max(4, bytes), what);
  try {
    return use(block.piece);
  } finally {
    room.memory.release(block);
  }
}

/** One thread for each of `n` elements, in two dimensions if there are many; `n` is the kernel's first uniform. */
export function launchEach(
  room: Room,
  key: string,
  source: () => KernelSource,
  pieces: readonly GpuPiece[],
  n: number,
  uniforms: readonly number[] = [],
  threads = 256,
): void {
  launchRows(room, key, source, pieces, Math.ceil(n / threads), [n, ...uniforms]);
}

/** One workgroup for each of `rows` rows, in two dimensions if there are many. */
export function launchRows(
  room: Room,
  key: string,
  source: () => KernelSource,
  pieces: readonly GpuPiece[],
  rows: number,
  uniforms: readonly number[],
): void {
  const y = Math.ceil(rows / MOST_GROUPS);
  if (rows > 0) room.queue.launch(key, source, pieces, uniforms, [Math.ceil(rows / y), y, 1]);
}

export function divideUp(a: number, b: number): number {
  return Math.ceil(a / b);
}
