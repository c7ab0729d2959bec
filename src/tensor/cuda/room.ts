/** @file The card's limits, memory and launches, as passed to the functions that call kernels. */

import type { Block, DeviceMemory } from "../device";
import type { Precision } from "../fused/precision";
import type { CardInfo } from "./driver";
import type { Launches } from "./launches";

/** Numbers on the card: as float32, as panels (kernels/panels.cuh), or as both. */
export interface CudaPiece {
  /** of the float32 numbers, a multiple of 256; a tensor's memory is allocated when this is first read */
  readonly address: number;
  panels: Panels | null;
  /** tf32 panels of the transposed matrix */
  turned: Panels | null;
  /** only the panels have the numbers; `floatsOf` converts them */
  isPanelled: boolean;
}

/** Elements of panels, by the precision of the product that they are made for. */
export type PanelElement = "bf16" | "tf32";

export interface Panels {
  readonly element: PanelElement;
  /** null if another piece owns the memory */
  readonly block: Block<CudaPiece> | null;
  /** shape of the matrix in the panels; `batch` matrices one after another */
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** rows of a block of columns; more than `rows` if this is a part of a larger matrix */
  readonly padded: number;
  readonly address: number;
}

/** The card's resources for the caller of a kernel. */
export interface Room {
  readonly info: CardInfo;
  readonly memory: DeviceMemory<CudaPiece>;
  readonly launches: Launches;
  /** tensors with tf32 panels, the last used one last */
  readonly recent: CudaPiece[];
  readonly precision: Precision;
  /** Hopper's own instructions: compute capability 9.0 */
  readonly isHopper: boolean;
  /** smallest number of operations for which Hopper's kernels are used */
  readonly wideFrom: number;
  /** maximum number of logits in memory at once */
  readonly chunkLogits: number;
  upload(piece: CudaPiece, values: Int32Array | Float32Array | Float64Array): void;
  /** Device copy of an argument that is constant within a batch. */
  argument(values: Int32Array): number;
  /** The same for a table that its owner never changes. */
  table(values: Float32Array): number;
}

/** Temporary memory for the kernels launched by `use`; later users are ordered after them. */
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
