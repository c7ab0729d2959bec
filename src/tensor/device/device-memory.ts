/**
 * @file Device memory, pooled by size. A fresh allocation stops the device, so what a tensor leaves is used again; the
 * device works in order, so the next user may have it at once.
 */

import { sizeClass } from "../fused/size-class";

/** What the device itself offers. */
export interface RawMemory<Piece> {
  /** Aligned for every kernel; null when the device has no room. */
  allocate(bytes: number): Piece | null;
  /** After all work that was asked for before this call. */
  release(piece: Piece): void;
  /** A piece goes back to the pool: let go of what hangs on it. */
  idle?(piece: Piece): void;
  /** Bytes that are free now, and all of them; null where the device does not say. */
  room(): { free: number; total: number } | null;
}

/** Memory in use: the piece and its true size. */
export interface Block<Piece> {
  readonly piece: Piece;
  readonly bytes: number;
}

/** Free memory kept beyond what was ever in use at once. */
const KEEP_BYTES = 64 << 20;

const REMEDY = "use smaller micro-batches (maxMicroBatchTokens) or recompute activations (recompute)";

export class DeviceMemory<Piece> {
  usedBytes = 0;
  peakBytes = 0;
  freeBytes = 0;
  private readonly name: string;
  private readonly raw: RawMemory<Piece>;
  /** free memory by size class; the class given back longest ago comes first */
  private readonly free = new Map<number, Block<Piece>[]>();

  constructor(name: string, raw: RawMemory<Piece>) {
    this.name = name;
    this.raw = raw;
  }

  /**
   * @param what - names the user of the memory in an error: "a tensor [6144, 704]"
   * @throws RangeError saying what had no room, what is in use and what helps
   */
  allocate(bytes: number, what: string): Block<Piece> {
    const wanted = sizeClass(bytes);
    const block = this.reused(wanted) ?? this.fresh(wanted, what);
    this.usedBytes += block.bytes;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    return block;
  }

  release(block: Block<Piece>): void {
    this.raw.idle?.(block.piece);
    this.usedBytes -= block.bytes;
    this.freeBytes += block.bytes;
    const list = this.free.get(block.bytes) ?? [];
    list.push(block);
    this.free.delete(block.bytes);
    this.free.set(block.bytes, list); // now the last
    // A change of batch shapes must not add up: no more stays than was ever in use at once.
    while (this.usedBytes + this.freeBytes > this.peakBytes + KEEP_BYTES && this.dropOldest());
  }

  /** Give all free memory back to the device. */
  trim(): void {
    while (this.dropOldest());
  }

  /** A free block of this size class, or of the nearest that is at most a quarter larger. */
  private reused(wanted: number): Block<Piece> | undefined {
    for (let bytes = wanted; bytes <= 1.25 * wanted; bytes = sizeClass(bytes + 1)) {
      const block = this.free.get(bytes)?.pop();
      if (block === undefined) continue;
      this.freeBytes -= bytes;
      return block;
    }
    return undefined;
  }

  private fresh(bytes: number, what: string): Block<Piece> {
    let piece = this.raw.allocate(bytes);
    while (piece === null && this.dropOldest()) piece = this.raw.allocate(bytes);
    if (piece !== null) return { piece, bytes };
    const room = this.raw.room();
    const free = room === null ? "" : `, ${gigabytes(room.free)} of ${gigabytes(room.total)} are free`;
    throw new RangeError(
      `${this.name}: no memory for ${what}: ${gigabytes(bytes)} wanted, ${gigabytes(this.usedBytes)} in use by this ` +
        `process${free}; ${REMEDY}`,
    );
  }

  private dropOldest(): boolean {
    for (const [bytes, list] of this.free) {
      const block = list.pop();
      if (block === undefined) {
        this.free.delete(bytes);
        continue;
      }
      this.freeBytes -= bytes;
      this.raw.release(block.piece);
      return true;
    }
    return false;
  }
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
