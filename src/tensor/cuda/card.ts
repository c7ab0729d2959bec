/** @file An NVIDIA card as a device of the backend: memory, transfers, and each kernel as launches. */

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
import type { Precision } from "../fused/precision";
import { adamw, gradientNorm } from "./adamw";
import { attend, MaskPlans } from "./attention";
import { crossEntropy } from "./cross-entropy";
import type { CardInfo, CudaDriver } from "./driver";
import { explained } from "./errors";
import { multiply } from "./gemm";
import { Launches } from "./launches";
import { dropPanels, placePanels } from "./panels";
import { blocksFor, type CudaPiece, type Room } from "./room";
import { embedding, embeddingGrad, rmsNorm, rmsNormGrad, rope } from "./rows";

type Array = DeviceArray<CudaPiece>;
const { piece, ints, floats } = argumentChecks<CudaPiece>("cuda");

/** Downloads up to this size are batched, so that one wait serves many. */
const GATHERED_BYTES = 1 << 20;

interface Gathered {
  at: number;
  values: Float32Array | Float64Array;
  done(): void;
  failed(error: unknown): void;
}

export class CudaCard implements Device<CudaPiece>, Room {
  readonly name = "cuda";
  readonly addsGradients = true;
  readonly info: CardInfo;
  readonly isHopper: boolean;
  readonly memory: DeviceMemory<CudaPiece>;
  readonly counts = new TransferCounts();
  readonly launches: Launches;
  purpose: Purpose = "scoring";
  /** precision of matrix products */
  precisions: Record<Purpose, Precision> = { training: "tf32", scoring: "float32" };
  wideFrom = 2e9;
  chunkLogits = 2 ** 28; // 1 GB
  private readonly driver: CudaDriver;
  private readonly arguments: DeviceArguments<CudaPiece>;
  private readonly plans = new MaskPlans();
  private gathered: Gathered[] = [];

  /** @param driver - started on the card that `info` describes, with its kernels loaded */
  constructor(driver: CudaDriver, info: CardInfo) {
    this.driver = driver;
    this.info = info;
    this.isHopper = info.major === 9 && info.minor === 0;
    this.launches = new Launches(driver);
    this.memory = new DeviceMemory("cuda", {
      allocate: (bytes) => {
        const address = this.guarded(() => driver.allocate(bytes));
        return address === 0 ? null : { address, panels: null, shape: null };
      },
      release: ({ address }) =>
        this.guarded(() => {
          this.launches.flush();
          driver.release(address);
        }),
      idle: (piece) => dropPanels(this, piece),
      room: () => {
        const [free, total] = this.guarded(() => driver.room());
        return { free, total };
      },
    });
    this.arguments = new DeviceArguments(this);
  }

  get precision(): Precision {
    return this.precisions[this.purpose];
  }

  // ---------------------------------------------------------------------------------------------------------- transfers

  upload(piece: CudaPiece, values: Float32Array | Int32Array | Float64Array): void {
    this.counts.up(values.byteLength);
    this.changed(piece);
    this.guarded(() => {
      this.launches.flush();
      this.driver.upload(piece.address, values);
    });
  }

  readonly downloadNow = (piece: CudaPiece, length: number): Float32Array => {
    const values = new Float32Array(length);
    if (length === 0) return values;
    this.settle();
    this.counts.down(values.byteLength);
    this.guarded(() => {
      this.launches.flush();
      this.driver.download(piece.address, values);
    });
    this.arguments.endTurn();
    return values;
  };

  async download(piece: CudaPiece, length: number): Promise<Float32Array> {
    if (4 * length > GATHERED_BYTES || length === 0) return this.downloadNow(piece, length);
    return this.gather(piece, new Float32Array(length));
  }

  argument(values: Int32Array): number {
    return this.arguments.piece(values).address;
  }

  table(values: Float32Array): number {
    return this.arguments.piece(values, true).address;
  }

  /** Wait until the card has finished all requested work. */
  wait(): void {
    this.guarded(() => {
      this.launches.flush();
      this.driver.wait();
    });
  }

  /** Milliseconds on the card and launches per kernel since profiling was switched on; then restarts or stops it. */
  profile(on: boolean): Record<string, [milliseconds: number, launches: number]> {
    return this.guarded(() => {
      this.launches.flush();
      return this.driver.profile(on);
    });
  }

  /** Batch the small downloads of one event-loop turn, and wait for them once. */
  private gather<Values extends Float32Array | Float64Array>(piece: CudaPiece, values: Values): Promise<Values> {
    this.counts.down(values.byteLength);
    const queue = () => this.driver.queueDownload(piece.address, values.byteLength);
    const at = this.guarded(() => {
      this.launches.flush();
      const first = queue();
      if (first >= 0) return first;
      this.settle(); // no space left for more
      return queue();
    });
    return new Promise((resolve, reject) => {
      if (this.gathered.length === 0) queueMicrotask(() => this.settle());
      this.gathered.push({ at, values, done: () => resolve(values), failed: reject });
    });
  }

  private settle(): void {
    if (this.gathered.length === 0) return;
    const list = this.gathered;
    this.gathered = [];
    try {
      this.wait();
      for (const { at, values } of list) this.driver.collect(at, values);
      this.driver.collected();
    } catch (error) {
      for (const { failed } of list) failed(error);
      return;
    }
    for (const { done } of list) done();
    this.arguments.endTurn();
  }

  // -------------------------------------------------------------------------------------------------------- the kernels

  run(kernel: KernelName, sizes: readonly number[], arrays: readonly Array[]): void {
    this.guarded(() => KERNELS[kernel](this, sizes, arrays, this.plans));
    this.counts.launches = this.launches.count;
  }

  /** The numbers of this piece have changed: discard data derived from them. */
  changed(piece: CudaPiece): void {
    dropPanels(this, piece);
    piece.shape = null;
  }

  copy(from: CudaPiece, to: CudaPiece, length: number): void {
    this.changed(to);
    this.guarded(() => this.launches.copy(from.address, to.address, 4 * length));
  }

  scaledSum({ piece, length }: DevicePart<CudaPiece>, factor: number, to: CudaPiece): void {
    this.changed(to);
    this.guarded(() => this.launches.launch("scaled_sum", 1, 256, 0, [piece.address, to.address, factor, length]));
    this.counts.launches = this.launches.count;
  }

  async norm(parts: readonly DevicePart<CudaPiece>[]): Promise<number> {
    return this.normAnd(parts, { scale: 1, maxNorm: null }, () => {});
  }

  async adamw(weights: readonly AdamWPieces<CudaPiece>[], clipping: Clipping): Promise<number> {
    for (const { parameter, m, v } of weights) for (const piece of [parameter, m, v]) this.changed(piece);
    const gradients = weights.map(({ gradient, length }) => ({ piece: gradient, length }));
    const norm = await this.normAnd(gradients, clipping, (norm) => adamw(this, weights, { norm }));
    return norm * clipping.scale;
  }

  private normAnd(
    parts: readonly DevicePart<CudaPiece>[],
    clipping: Clipping,
    next: (norm: CudaPiece) => void,
  ): Promise<number> {
    const block = this.guarded(() => gradientNorm(this, parts, clipping));
    try {
      this.guarded(() => next(block.piece));
      this.counts.launches = this.launches.count;
      return this.gather(block.piece, new Float64Array(1)).then((values) => values[0]);
    } finally {
      this.memory.release(block);
    }
  }

  /** Runs a call and explains errors of the driver. */
  private guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw explained(error);
    }
  }
}

// ---------------------------------------------------------------------------------------------------- the kernels' table

type Run = (card: CudaCard, sizes: readonly number[], arrays: readonly Array[], plans: MaskPlans) => void;

/** Arrays in the order of kernels.h. Tensors that a kernel writes are `made`. */
const KERNELS: Readonly<Record<KernelName, Run>> = {
  gemm: (card, [batch, M, N, K, ta, tb, accumulate], [A, B, C]) => {
    const shape = { batch, M, N, K, transposeA: ta === 1, transposeB: tb === 1, accumulate: accumulate === 1 };
    const c = made(card, C);
    multiply(card, shape, piece(A), piece(B), c);
    c.shape = batch === 1 ? [M, N] : null;
  },
  rmsNorm: (card, [N, C, eps], [x, w, y, inverse]) =>
    rmsNorm(card, { N, C, eps }, piece(x), piece(w), made(card, y), made(card, inverse)),
  rmsNormGrad: (card, [N, C], [x, w, inverse, dy, dx, dw, before]) => {
    const plus = before === undefined ? null : piece(before);
    const inputs = [x, w, inverse, dy].map(piece);
    rmsNormGrad(card, { N, C }, inputs[0], inputs[1], inputs[2], inputs[3], made(card, dx), made(card, dw), plus);
  },
  rope: (card, [N, heads, D, , sign], [positions, cosine, sine, x, y]) => {
    const tables = [ints(positions), floats(cosine), floats(sine)] as const;
    rope(card, { N, heads, D, sign }, tables, piece(x), made(card, y));
  },
  attention: (card, [B, T, H, K, D], [from, to, branch, q, k, v, o, lse], plans) => {
    const x = { q: piece(q), k: piece(k), v: piece(v), o: made(card, o), lse: made(card, lse) };
    attend(card, plans, { B, T, H, K, D }, [ints(from), ints(to), ints(branch)], x, null);
  },
  attentionGrad: (card, [B, T, H, K, D], [from, to, branch, q, k, v, o, lse, dO, dq, dk, dv], plans) => {
    const x = { q: piece(q), k: piece(k), v: piece(v), o: piece(o), lse: piece(lse) };
    const gradients = { dO: piece(dO), dq: made(card, dq), dk: made(card, dk), dv: made(card, dv) };
    attend(card, plans, { B, T, H, K, D }, [ints(from), ints(to), ints(branch)], x, gradients);
  },
  swiglu: (card, [n], [gate, up, y]) => {
    if (n === 0) return;
    const [u, to] = [piece(up), made(card, y)];
    const [panels, rows, columns] = panelsBeside(card, u, n, to);
    const values = [n, piece(gate).address, u.address, to.address, panels, rows, columns];
    card.launches.launch("swiglu", blocksFor(card, n), 256, 0, values);
  },
  swigluGrad: (card, [n], [gate, up, dy, dGate, dUp]) => {
    if (n === 0) return;
    const [d, dg, du] = [piece(dy), made(card, dGate), made(card, dUp)];
    const [gatePanels, rows, columns] = panelsBeside(card, d, n, dg);
    const [upPanels] = panelsBeside(card, d, n, du);
    const pointers = [piece(gate).address, piece(up).address, d.address, dg.address, du.address, gatePanels, upPanels];
    card.launches.launch("swiglu_grad", blocksFor(card, n), 256, 0, [n, ...pointers, rows, columns]);
  },
  embedding: (card, [, C], [ids, table, y]) => embedding(card, C, ints(ids), piece(table), made(card, y)),
  embeddingGrad: (card, [, C, V], [ids, dy, dTable]) =>
    embeddingGrad(card, { C, V }, ints(ids), piece(dy), made(card, dTable)),
  crossEntropy: (card, [N, C, V, , scale], [rows, labels, x, w, logProbs, dx, dw]) => {
    const layer = { N, C, V, scale, rows: ints(rows), labels: ints(labels) };
    const gradients = dx === null ? null : { dx: made(card, dx), dw: made(card, dw) };
    crossEntropy(card, layer, piece(x), piece(w), made(card, logProbs), gradients);
  },
  adamw: (card, [length, ...rest], [parameter, gradient, m, v]) => {
    const pieces = { parameter: made(card, parameter), gradient: piece(gradient), m: made(card, m), v: made(card, v) };
    adamw(card, [{ ...pieces, length, hyper: rest.slice(0, 6) }], { factor: rest[6] });
  },
  binary: (card, [op, n, isScalar], [a, b, y]) => {
    if (n === 0) return;
    const name = (["add", "subtract", "multiply_elements"] as const)[op];
    const values = [n, piece(a).address, piece(b).address, made(card, y).address, isScalar];
    card.launches.launch(name, blocksFor(card, n), 256, 0, values);
  },
  sumOfSquares: () => {
    throw new Error("cuda: sums of squares are part of norm() and adamw()");
  },
  treeAttention: noScoringKernel("cuda"),
  logProbs: noScoringKernel("cuda"),
};

/**
 * Space for y as bf16 panels, if its shape is that of `like`, a product's result, and it is an operand of the next
 * product.
 */
function panelsBeside(card: CudaCard, like: CudaPiece, n: number, y: CudaPiece): [number, number, number] {
  const [rows, columns] = like.shape ?? [0, 0];
  const fits = rows * columns === n && rows % 64 === 0 && columns % 64 === 0 && n <= 2 ** 32;
  if (card.precision !== "bf16" || !fits) return [0, 0, 0];
  return [placePanels(card, y, 1, rows, columns).block.piece.address, rows, columns];
}

function made(card: CudaCard, x: Array): CudaPiece {
  const y = piece(x);
  card.changed(y);
  return y;
}
