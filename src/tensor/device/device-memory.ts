/**
 * @file Device memory, pooled by size. A new allocation stops the device, so freed memory is reused. The device works
 * in order, so memory can be reused immediately.
 */

import { sizeClass } from "../fused/size-class";

/** Memory functions of the device itself. */
export interface RawMemory<Piece> {
  /** Aligned for every kernel; null if the device has no memory left. */
  allocate(bytes: number): Piece | null;
  /** Takes effect after all work requested before this call. */
  release(piece: Piece): void;
  /** Bytes of the largest piece; absent: no limit. */
  largest?: number;
  /**
   * Of the free pieces of a size, the one of the smallest number is reused; absent: the one freed last. Updates of one
   * shape then get the same pieces in the same order, and what the device keeps for them is found again.
   */
  order?(piece: Piece): number;
  /** Called when a piece returns to the pool, to discard data attached to it. */
  idle?(piece: Piece): void;
  /** Free and total bytes; null if the device does not report them. */
  room(): { free: number; total: number } | null;
}

/** Memory in use: the piece and its actual size. */
export interface Block<Piece> {
  readonly piece: Piece;
  readonly bytes: number;
}

/**
 * Total memory is kept below this multiple of the peak use, plus a constant. Updates of one shape reach 1.14 times the
 * peak, because size classes differ; with less, every update would return memory to the device and ask for it again.
 */
const KEEP_FACTOR = 1.25;
const KEEP_BYTES = 64 << 20;

/** From this size on, there are 64 instead of 8 size classes per power of two. */
const LARGE_BYTES = 1 << 24;

const REMEDY = "use smaller micro-batches (maxMicroBatchTokens) or recompute activations (recompute)";

export class DeviceMemory<Piece> {
  usedBytes = 0;
  peakBytes = 0;
  freeBytes = 0;
  private readonly name: string;
  private readonly raw: RawMemory<Piece>;
  /** free memory by size class; the least recently freed class comes first */
  private readonly free = new Map<number, Block<Piece>[]>();

  constructor(name: string, raw: RawMemory<Piece>) {
    this.name = name;
    this.raw = raw;
  }

  /**
   * @param what - name of the memory's user in errors: "a tensor [6144, 704]"
   * @throws RangeError naming the request, the memory in use and a remedy
   */
  allocate(bytes: number, what: string): Block<Piece> {
    const wanted = classOf(bytes);
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
    this.free.set(block.bytes, list); // move to the end
    // a change of batch shapes must not add up
    while (this.usedBytes + this.freeBytes > KEEP_FACTOR * this.peakBytes + KEEP_BYTES && this.dropOldest());
  }

  /** Bytes that this process uses or can still get, and all bytes of the device; null if it does not report them. */
  room(): { available: number; total: number } | null {
    const room = this.raw.room();
    return room === null ? null : { available: room.free + this.usedBytes + this.freeBytes, total: room.total };
  }

  /** Return all free memory to the device. */
  trim(): void {
    while (this.dropOldest());
  }

  /** A free block of this size class, or of the nearest class that is at most a quarter larger. */
  private reused(wanted: number): Block<Piece> | undefined {
    for (let bytes = wanted; bytes <= 1.25 * wanted; bytes = classOf(bytes + 1)) {
      const block = this.taken(this.free.get(bytes));
      if (block === undefined) continue;
      this.freeBytes -= bytes;
      return block;
    }
    return undefined;
  }

  private taken(list: Block<Piece>[] | undefined): Block<Piece> | undefined {
    const { order } = this.raw;
    if (list === undefined || list.length < 2 || order === undefined) return list?.pop();
    const numbers = list.map(({ piece }) => order(piece));
    return list.splice(numbers.indexOf(Math.min(...numbers)), 1)[0];
  }

  private fresh(bytes: number, what: string): Block<Piece> {
    const { largest } = this.raw;
    if (largest !== undefined && bytes > largest) {
      throw new RangeError(
        `${this.name}: no memory for ${what}: ${gigabytes(bytes)} wanted, a buffer of this device has at most ` +
          `${gigabytes(largest)}; ${REMEDY}`,
      );
    }
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

/** Large blocks have finer classes, since most of the memory is theirs: activations of a whole batch. */
function classOf(bytes: number): number {
  if (bytes < LARGE_BYTES) return sizeClass(bytes);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 6);
  return Math.ceil(bytes / step) * step;
}

function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
