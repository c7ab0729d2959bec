/** @file Interface of a GPU: memory, transfers and kernels. */

import type { Clipping, KernelName, Purpose } from "../fused/kernel-host";
import type { Block, DeviceMemory } from "./device-memory";

/** An array on the device, numbers of the host that are an argument, or null for an output that is not wanted. */
export type DeviceArray<Piece> = Piece | Int32Array | Float32Array | null;

/** A number of float32 values of a piece of device memory. */
export interface DevicePart<Piece> {
  piece: Piece;
  length: number;
}

/** One weight in an update of AdamW; `hyper` as in `AdamWWeight`. */
export interface AdamWPieces<Piece> {
  parameter: Piece;
  gradient: Piece;
  m: Piece;
  v: Piece;
  length: number;
  hyper: readonly number[];
}

/** Counts of transfers between host and device, and of kernel launches. */
export class TransferCounts {
  launches = 0;
  uploads = 0;
  uploadedBytes = 0;
  downloads = 0;
  downloadedBytes = 0;

  up(bytes: number): void {
    this.uploads++;
    this.uploadedBytes += bytes;
  }

  down(bytes: number): void {
    this.downloads++;
    this.downloadedBytes += bytes;
  }

  /** Difference from `before`, a copy of these counts. */
  since(before: Readonly<TransferCounts>): TransferCounts {
    const counts = new TransferCounts();
    for (const key of ["launches", "uploads", "uploadedBytes", "downloads", "downloadedBytes"] as const) {
      counts[key] = this[key] - before[key];
    }
    return counts;
  }
}

/**
 * A GPU as used by the backend. `Piece` identifies device memory; the device never accesses memory beyond its end.
 *
 * Calls take effect in order. Only `downloadNow` waits for the device.
 */
export interface Device<Piece> {
  /** the name of the tfjs backend: `cuda`, `webgpu` */
  readonly name: string;
  readonly memory: DeviceMemory<Piece>;
  /** Memory of tensors: `memory` itself, or a device's own form of them. */
  readonly tensors: { allocate(bytes: number, what: string): Block<Piece>; release(block: Block<Piece>): void };
  /** As `KernelHost.addsGradients`; default false. */
  readonly addsGradients?: boolean;
  /** As `KernelHost.sumsProducts`; default false. */
  readonly sumsProducts?: boolean;
  /** Precision of the activations that a training keeps; default float32. */
  readonly activations?: "float32" | "bf16";
  /** Purpose of the following kernels; a device may use different precisions. */
  purpose: Purpose;
  /** The device increments these at every launch and transfer. */
  readonly counts: TransferCounts;
  /** The caller may change `values` as soon as the call returns. */
  upload(piece: Piece, values: Float32Array | Int32Array): void;
  /** The first `length` float32 values after all earlier calls. The piece may be released meanwhile. */
  download(piece: Piece, length: number): Promise<Float32Array>;
  /** The same synchronously; null if the host cannot wait (WebGPU). */
  readonly downloadNow: ((piece: Piece, length: number) => Float32Array) | null;
  /** Any kernel except `sumOfSquares`; sizes and arrays as in `KernelHost.run`. */
  run(kernel: KernelName, sizes: readonly number[], arrays: readonly DeviceArray<Piece>[]): void;
  copy(from: Piece, to: Piece, length: number): void;
  /** `to[0] = factor * Σ from`; 0, not -0, of nothing. */
  scaledSum(from: DevicePart<Piece>, factor: number, to: Piece): void;
  /** As `KernelHost.norm`. */
  norm(parts: readonly DevicePart<Piece>[]): Promise<number>;
  /** As `KernelHost.adamw`; the clipping factor is computed on the device. */
  adamw(weights: readonly AdamWPieces<Piece>[], clipping: Clipping): Promise<number>;
}
