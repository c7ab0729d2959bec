/** @file A WebGPU device as a device of the backend: memory, transfers, and each kernel as launches. */

import {
  type AdamWPieces,
  type Device,
  DeviceArguments,
  type DeviceArray,
  DeviceMemory,
  type DevicePart,
  TransferCounts,
} from "../device";
import { argumentChecks, noScoringKernel } from "../device/operands";
import type { Clipping, KernelName, Purpose } from "../fused/kernel-host";
import { attend, attendBackward, MaskPlans } from "./attention";
import { CommandQueue, type GpuPiece } from "./command-queue";
import { crossEntropy } from "./cross-entropy";
import { multiply } from "./gemm";
import type { Place } from "./kernels/elementwise";
import * as elementwise from "./kernels/elementwise";
import type { OpenedDevice } from "./open-device";
import { adamw, sumOfSquares } from "./optimizer";
import { divideUp, launchEach, type Room } from "./room";
import { embedding, embeddingGrad, rmsNorm, rmsNormGrad, rope } from "./rows";
import type { GpuLimits } from "./web-gpu";

type Array = DeviceArray<GpuPiece>;
const { piece, ints, floats } = argumentChecks<GpuPiece>("webgpu");

/** 128 MB of logits at a time, if a buffer may be that large. */
const CHUNK_LOGITS = 2 ** 25;

export class WebgpuDevice implements Device<GpuPiece>, Room {
  readonly name = "webgpu";
  readonly addsGradients = true;
  readonly downloadNow = null;
  /** name given by the driver */
  readonly adapter: string;
  readonly limits: GpuLimits;
  readonly queue: CommandQueue;
  readonly memory: DeviceMemory<GpuPiece>;
  readonly tensors: DeviceMemory<GpuPiece>;
  readonly counts = new TransferCounts();
  /** all computations are float32 */
  purpose: Purpose = "scoring";
  chunkLogits: number;
  private readonly arguments: DeviceArguments<GpuPiece>;
  private readonly plans = new MaskPlans();

  constructor({ device, name }: Pick<OpenedDevice, "device" | "name">) {
    this.adapter = name;
    this.limits = device.limits;
    this.queue = new CommandQueue(device);
    const largest = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    this.chunkLogits = Math.min(CHUNK_LOGITS, Math.floor(largest / 8));
    this.memory = new DeviceMemory(this.name, {
      largest,
      order: ({ id }) => id, // bind groups are found by their pieces
      allocate: (bytes) => this.queue.allocate(bytes),
      release: (piece) => this.queue.free(piece),
      room: () => null,
    });
    this.tensors = this.memory;
    this.arguments = new DeviceArguments(this);
  }

  // ---------------------------------------------------------------------------------------------------------- transfers

  upload(piece: GpuPiece, values: Float32Array | Int32Array): void {
    this.counts.up(values.byteLength);
    this.queue.upload(piece, values);
  }

  async download(piece: GpuPiece, length: number): Promise<Float32Array> {
    const bytes = 4 * length;
    this.counts.down(bytes);
    const content = new Float32Array(await this.queue.download(piece, bytes));
    this.arguments.endTurn();
    return content;
  }

  argument(values: Int32Array): GpuPiece {
    return this.arguments.piece(values);
  }

  table(values: Float32Array): GpuPiece {
    return this.arguments.piece(values, true);
  }

  // -------------------------------------------------------------------------------------------------------- the kernels

  run(kernel: KernelName, sizes: readonly number[], arrays: readonly Array[]): void {
    KERNELS[kernel](this, sizes, arrays, this.plans);
    this.counts.launches = this.queue.launches;
  }

  copy(from: GpuPiece, to: GpuPiece, length: number): void {
    this.queue.copy(from, to, 4 * length);
  }

  scaledSum({ piece, length }: DevicePart<GpuPiece>, factor: number, to: GpuPiece): void {
    this.queue.launch("scaled sum", elementwise.scaledSum, [piece, to], [length, factor], [1, 1, 1]);
    this.counts.launches = this.queue.launches;
  }

  norm(parts: readonly DevicePart<GpuPiece>[]): Promise<number> {
    return this.normAnd(parts, () => {});
  }

  async adamw(weights: readonly AdamWPieces<GpuPiece>[], clipping: Clipping): Promise<number> {
    const gradients = weights.map(({ gradient, length }) => ({ piece: gradient, length }));
    const norm = await this.normAnd(gradients, (squares) => adamw(this, weights, squares, clipping));
    return norm * clipping.scale;
  }

  /** Destroy the device, which must not be used afterwards. */
  destroy(): void {
    this.queue.destroy();
  }

  private async normAnd(parts: readonly DevicePart<GpuPiece>[], next: (squares: GpuPiece) => void): Promise<number> {
    const block = sumOfSquares(this, parts);
    let squares: Promise<Float32Array>;
    try {
      next(block.piece);
      this.counts.launches = this.queue.launches;
      squares = this.download(block.piece, 1);
    } finally {
      this.memory.release(block);
    }
    return Math.sqrt((await squares)[0]);
  }
}

// ---------------------------------------------------------------------------------------------------- the kernels' table

type Run = (device: WebgpuDevice, sizes: readonly number[], arrays: readonly Array[], plans: MaskPlans) => void;

/** Arrays in the order of kernels.h. */
const KERNELS: Readonly<Record<KernelName, Run>> = {
  gemm: (device, [batch, M, N, K, ta, tb, accumulate], arrays) => {
    const [A, B, C] = arrays.map(piece);
    const shape = { batch, M, N, K, transposeA: ta === 1, transposeB: tb === 1, accumulate: accumulate === 1 };
    multiply(device, shape, A, B, C);
  },
  rmsNorm: (device, [N, C, eps], [x, w, y, inverse]) =>
    rmsNorm(device, { N, C, eps }, [piece(x), piece(w), piece(y), piece(inverse)]),
  rmsNormGrad: (device, [N, C], [x, w, inverse, dy, dx, dw, before]) => {
    const plus = before === undefined ? null : piece(before);
    rmsNormGrad(device, { N, C }, [x, w, inverse, dy].map(piece), plus, piece(dx), piece(dw));
  },
  rope: (device, [N, heads, D, , sign], [positions, cosine, sine, x, y]) => {
    const tables = [ints(positions), floats(cosine), floats(sine)] as const;
    rope(device, { N, heads, D, sign }, tables, piece(x), piece(y));
  },
  attention: (device, [B, T, H, K, D], [from, to, branch, ...rest], plans) => {
    const [q, k, v, o, lse] = rest.map(piece);
    attend(device, plans, { B, T, H, K, D }, [ints(from), ints(to), ints(branch)], { q, k, v, o, lse });
  },
  attentionGrad: (device, [B, T, H, K, D], [from, to, branch, ...rest], plans) => {
    const [q, k, v, o, lse, dO, dq, dk, dv] = rest.map(piece);
    const mask = [ints(from), ints(to), ints(branch)] as const;
    attendBackward(device, plans, { B, T, H, K, D }, mask, { q, k, v, o, lse }, { dO, dq, dk, dv });
  },
  swiglu: (device, [n], arrays) => launchEach(device, "swiglu", elementwise.swiglu, arrays.map(piece), divideUp(n, 4)),
  swigluGrad: (device, [n], arrays) =>
    launchEach(device, "swiglu grad", elementwise.swigluGrad, arrays.map(piece), divideUp(n, 4)),
  embedding: (device, [, C], [ids, table, y]) => embedding(device, C, ints(ids), piece(table), piece(y)),
  embeddingGrad: (device, [, C, V], [ids, dy, dTable]) =>
    embeddingGrad(device, { C, V }, ints(ids), piece(dy), piece(dTable)),
  crossEntropy: (device, [N, C, V, , scale], [rows, labels, x, w, logProbs, dx, dw]) => {
    const layer = { N, C, V, scale, rows: ints(rows), labels: ints(labels) };
    const gradients = dx === null ? null : { dx: piece(dx), dw: piece(dw) };
    crossEntropy(device, layer, piece(x), piece(w), piece(logProbs), gradients);
  },
  adamw: (device, [length, ...rest], arrays) => {
    const [parameter, gradient, m, v] = arrays.map(piece);
    const weight = { parameter, gradient, m, v, length, hyper: rest.slice(0, 6) };
    adamw(device, [weight], null, { scale: rest[6], maxNorm: null });
  },
  binary: (device, [op, n, isScalar], arrays) => {
    const [a, b, y] = arrays.map(piece);
    const place: Place = y === a ? "a" : y === b ? "b" : "new";
    if (y === a && y === b) throw new Error("webgpu: a sum may take the place of one operand, not of both");
    const operator = (["+", "-", "*"] as const)[op];
    const bound = [a, b].filter((operand) => operand !== y);
    const source = () => elementwise.binary(operator, isScalar === 1, place);
    launchEach(device, `binary ${operator}${isScalar} ${place}`, source, [...bound, y], divideUp(n, 4));
  },
  sumOfSquares: () => {
    throw new Error("webgpu: sums of squares are part of norm() and adamw()");
  },
  gemmSum: () => {
    throw new Error("webgpu: this backend computes products one by one (sumsProducts)");
  },
  treeAttention: noScoringKernel("webgpu"),
  logProbs: noScoringKernel("webgpu"),
};
