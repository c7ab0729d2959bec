/**
 * @file A card made of the native kernels: memory of its own, filled with NaN, that only transfers reach. What the backend
 * of a GPU host does with tensors is tested on it, without a GPU.
 */

import {
  type AdamWPieces,
  type Device,
  type DeviceArray,
  type DevicePart,
  TransferCounts,
} from "../../../src/tensor/device";
import { DeviceArguments } from "../../../src/tensor/device/device-arguments";
import { DeviceMemory } from "../../../src/tensor/device/device-memory";
import { type Clipping, clipFactor, type KernelName, type Purpose } from "../../../src/tensor/fused/kernel-host";
import { loadNative, type NativeAddon } from "../../../src/tensor/native/load-addon";

export class NativeCard implements Device<ArrayBuffer> {
  readonly name: string;
  readonly addsGradients = true;
  readonly memory: DeviceMemory<ArrayBuffer>;
  readonly tensors: DeviceMemory<ArrayBuffer>;
  readonly counts = new TransferCounts();
  purpose: Purpose = "scoring";
  readonly downloadNow: Device<ArrayBuffer>["downloadNow"];
  /** bytes that the card has given out */
  allocated = 0;
  allocations = 0;
  private readonly addon: NativeAddon;
  private readonly arguments: DeviceArguments<ArrayBuffer>;
  private readonly total: number;

  /** @param waits - false: numbers cannot be read at once, as in WebGPU */
  constructor(name: string, { total = 1 << 30, waits = true } = {}) {
    this.name = name;
    this.total = total;
    this.addon = loadNative().addon;
    this.memory = new DeviceMemory(name, {
      allocate: (bytes) => this.allocate(bytes),
      release: (piece) => {
        this.allocated -= piece.byteLength;
        new Float32Array(piece).fill(Number.NaN);
      },
      room: () => ({ free: this.total - this.allocated, total: this.total }),
    });
    this.tensors = this.memory;
    this.arguments = new DeviceArguments(this);
    this.downloadNow = waits ? (piece, length) => this.read(piece, length) : null;
  }

  upload(piece: ArrayBuffer, values: Float32Array | Int32Array): void {
    this.counts.up(values.byteLength);
    if (values instanceof Int32Array) new Int32Array(piece).set(values);
    else new Float32Array(piece).set(values);
  }

  async download(piece: ArrayBuffer, length: number): Promise<Float32Array> {
    return this.read(piece, length);
  }

  run(kernel: KernelName, sizes: readonly number[], arrays: readonly DeviceArray<ArrayBuffer>[]): void {
    this.counts.launches++;
    const views = arrays.map((x) => {
      if (x === null) return null;
      if (x instanceof Int32Array) return new Int32Array(this.arguments.piece(x), 0, x.length);
      if (x instanceof Float32Array) return new Float32Array(this.arguments.piece(x), 0, x.length);
      return new Float32Array(x);
    });
    const plus = kernel === "rmsNormGrad" ? (views.splice(6)[0] as Float32Array | undefined) : undefined;
    // without the last size of a product, which only allows rounding
    this.addon[kernel](...(kernel === "gemm" ? sizes.slice(0, 7) : sizes), ...views);
    const dx = views[4] as Float32Array;
    if (plus !== undefined) for (let i = 0; i < sizes[0] * sizes[1]; i++) dx[i] += plus[i];
  }

  copy(from: ArrayBuffer, to: ArrayBuffer, length: number): void {
    new Float32Array(to).set(new Float32Array(from, 0, length));
  }

  scaledSum({ piece, length }: DevicePart<ArrayBuffer>, factor: number, to: ArrayBuffer): void {
    new Float32Array(to)[0] = factor * new Float32Array(piece, 0, length).reduce((sum, x) => sum + x, 0) + 0;
  }

  async norm(parts: readonly DevicePart<ArrayBuffer>[]): Promise<number> {
    this.counts.down(8);
    return this.normOf(parts);
  }

  async adamw(weights: readonly AdamWPieces<ArrayBuffer>[], { scale, maxNorm }: Clipping): Promise<number> {
    this.counts.down(8);
    const norm = this.normOf(weights.map(({ gradient, length }) => ({ piece: gradient, length }))) * scale;
    if (!Number.isFinite(norm)) return norm;
    for (const { parameter, gradient, m, v, length, hyper } of weights) {
      const sizes = [length, ...hyper, scale * clipFactor(norm, maxNorm)];
      this.run("adamw", sizes, [parameter, gradient, m, v]);
    }
    return norm;
  }

  private normOf(parts: readonly DevicePart<ArrayBuffer>[]): number {
    let total = 0;
    for (const { piece, length } of parts) {
      total += Math.fround(this.addon.sumOfSquares(length, new Float32Array(piece)) as number);
    }
    return Math.sqrt(total);
  }

  private read(piece: ArrayBuffer, length: number): Float32Array {
    this.counts.down(4 * length);
    this.arguments.endTurn();
    return new Float32Array(piece, 0, length).slice();
  }

  private allocate(bytes: number): ArrayBuffer | null {
    if (this.allocated + bytes > this.total) return null;
    const piece = this.addon.allocate(bytes);
    new Float32Array(piece).fill(Number.NaN);
    this.allocated += bytes;
    this.allocations++;
    return piece;
  }
}
