/** @file Aligned memory for the native kernels, pooled by size. */

import * as os from "node:os";
import { type KernelName, WRITTEN } from "../fused/kernel-host";
import type { KernelMemory, MemoryBytes } from "../fused/pooled-backend";
import type { Precision } from "../fused/precision";
import { sizeClass } from "../fused/size-class";
import type { LoadedAddon } from "./load-addon";

/** Free memory kept beyond the peak use. */
const KEEP_BYTES = 64 << 20;

/** Kernel calls that are noted at most; a training step of 8 layers has 480. */
const MOST_NOTED = 1024;

/** Memory outside the pool that noted calls hold at most, beside the arrays of the last one. */
const MOST_HELD_BYTES = KEEP_BYTES;

/**
 * The largest tensor: the longest ArrayBuffer of Node 20 (the addon refuses more), and not more than the machine has,
 * because the system would grant that and end the process later, when the memory is filled.
 */
const LARGEST_BYTES = Math.min(2 ** 32, os.totalmem());

export class NativeMemory implements KernelMemory {
  readonly isSeparate = false;
  private readonly native: LoadedAddon;
  /** free memory by size class; the least recently freed class comes first */
  private readonly free = new Map<number, ArrayBuffer[]>();
  private readonly owned = new WeakSet<ArrayBufferLike>();
  private freeBytes = 0;
  /** the noted kernel calls, whose arrays must not be freed before these are computed */
  private readonly noted: { kernel: KernelName; arrays: (Float32Array | Int32Array | null)[] }[] = [];
  /** bytes outside the pool that the noted calls may be the last to hold */
  private heldBytes = 0;
  private usedBytes = 0;
  private peakBytes = 0;

  constructor(native: LoadedAddon) {
    this.native = native;
  }

  allocate(size: number): Float32Array {
    if (size * 4 > LARGEST_BYTES) {
      throw new RangeError(
        `native: no memory for a tensor of ${size * 4} bytes (the limit is ${LARGEST_BYTES}); use a smaller batch`,
      );
    }
    const wanted = sizeClass(size * 4);
    const buffer = this.reused(wanted) ?? this.fresh(wanted);
    const bytes = buffer.byteLength;
    this.freeBytes -= bytes;
    this.usedBytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    return new Float32Array(buffer, 0, size);
  }

  release(values: Float32Array): void {
    const buffer = values.buffer as ArrayBuffer;
    const bytes = buffer.byteLength;
    this.usedBytes -= bytes;
    const list = this.free.get(bytes) ?? [];
    list.push(buffer);
    this.free.delete(bytes);
    this.free.set(bytes, list); // move to the end
    this.freeBytes += bytes;
    // Keep no more than the peak use, so that a change of batch shapes does not add up. The least recently freed sizes
    // are dropped first; dropping the newest would allocate the current shapes again at every step.
    while (this.usedBytes + this.freeBytes > this.peakBytes + KEEP_BYTES) this.dropOldest();
  }

  owns(values: ArrayBufferView): boolean {
    return this.owned.has(values.buffer);
  }

  run(kernel: KernelName, sizes: number[], arrays: (Float32Array | Int32Array | null)[]): number | null {
    const { addon } = this.native;
    if (kernel === "sumOfSquares") {
      this.finish();
      return addon.sumOfSquares(...sizes, ...arrays) as number;
    }
    if (this.noted.length === MOST_NOTED || this.heldBytes > MOST_HELD_BYTES) this.finish();
    addon.later[kernel](...sizes, ...arrays);
    this.noted.push({ kernel, arrays });
    for (const x of arrays) if (x instanceof Float32Array && !this.owns(x)) this.heldBytes += x.byteLength;
    return null;
  }

  finish(): void {
    if (this.noted.length === 0) return;
    try {
      this.native.addon.finish();
    } catch (error) {
      // the results become NaN, so that nobody reads memory that was never computed; weights keep their numbers
      for (const { kernel, arrays } of this.noted) {
        if (kernel !== "adamw") for (const i of WRITTEN[kernel]) arrays[i]?.fill(Number.NaN);
      }
      throw error;
    } finally {
      this.noted.length = 0;
      this.heldBytes = 0;
    }
  }

  setProducts(precision: Precision): "on AMX" | "without AMX" {
    this.finish();
    return this.native.addon.useBf16(precision === "bf16" ? 1 : 0) === 1 ? "on AMX" : "without AMX";
  }

  bytes(): MemoryBytes {
    const scratch = this.native.addon.scratchBytes();
    return { used: this.usedBytes, peak: this.peakBytes, free: this.freeBytes, scratch };
  }

  /** Instruction sets that this processor supports, best first. */
  instructionSets(): string[] {
    return this.native.addon.instructionSets();
  }

  /** Change instruction set and threads; `"best"` and 0 select the initial values. No result depends on them. */
  configure(instructionSet: string, threads: number): void {
    this.finish();
    const { addon, instructionSet: best, threads: all } = this.native;
    addon.configure(instructionSet === "best" ? best : instructionSet, threads === 0 ? all : threads);
  }

  /** A free buffer of this size class, or of the nearest class that is at most twice as large. */
  private reused(wanted: number): ArrayBuffer | undefined {
    for (let bytes = wanted; bytes <= 2 * wanted; bytes = sizeClass(bytes + 1)) {
      const buffer = this.free.get(bytes)?.pop();
      if (buffer !== undefined) return buffer;
    }
    return undefined;
  }

  private dropOldest(): void {
    for (const [bytes, list] of this.free) {
      if (list.pop() === undefined) {
        this.free.delete(bytes);
        continue;
      }
      this.freeBytes -= bytes;
      this.heldBytes += bytes;
      return;
    }
  }

  private fresh(bytes: number): ArrayBuffer {
    const buffer = this.native.addon.allocate(bytes);
    this.owned.add(buffer);
    this.freeBytes += bytes; // `allocate` removes it from the free memory immediately
    return buffer;
  }
}
