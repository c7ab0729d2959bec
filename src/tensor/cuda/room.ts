/** @file What the kernels' callers share: the card's limits, its memory, its launches. */

import type { Block, DeviceMemory } from "../device";
import type { CardInfo } from "./driver";
import type { Launches } from "./launches";
import type { Precision } from "./precision";

/** A piece of device memory with what goes with it. */
export interface CudaPiece {
  /** of float32 numbers; a multiple of 256 */
  readonly address: number;
  /** the same numbers as bf16 panels (kernels/panels.cuh), where a product needed them */
  panels: Panels | null;
  /** the shape that the last product gave it, [rows, columns]; null: not known */
  shape: readonly [number, number] | null;
}

export interface Panels {
  readonly block: Block<CudaPiece>;
  /** of the matrix that the panels hold; `batch` of them one after the other */
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
}

/** What a kernel's caller may use of the card. */
export interface Room {
  readonly info: CardInfo;
  readonly memory: DeviceMemory<CudaPiece>;
  readonly launches: Launches;
  readonly precision: Precision;
  /** Hopper's own instructions: compute capability 9.0 */
  readonly isHopper: boolean;
  /** smallest number of operations of a product for which Hopper's own kernels are used */
  readonly wideFrom: number;
  /** logits that exist at once */
  readonly chunkLogits: number;
  upload(piece: CudaPiece, values: Int32Array | Float32Array | Float64Array): void;
  /** Device copy of an argument that stays the same for a batch. */
  argument(values: Int32Array | Float32Array): number;
}

/** Memory for the kernels that are launched by `use`; the next user comes after them. */
export function withScratch<T>(room: Room, bytes: number, what: string, use: (piece: CudaPiece) => T): T {
  const block = room.memory.allocate(bytes, what);
  try {
    return use(block.piece);
  } finally {
    room.memory.release(block);
  }
}

export function divideUp(a: number, b: number): number {
  return Math.ceil(a / b);
}

export function roundUp(a: number, to: number): number {
  return Math.ceil(a / to) * to;
}

/** Blocks of 256 threads for n elements, four per thread. */
export function blocksFor(room: Room, n: number): number {
  return Math.max(1, Math.min(divideUp(n, 1024), 16 * room.info.processors));
}
