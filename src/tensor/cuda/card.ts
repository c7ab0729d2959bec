/** @file An NVIDIA card as a device of the backend: memory, transfers, and each kernel as launches. */

import {
  type AdamWPieces,
  type Block,
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
import { multiply, multiplySum } from "./gemm";
import { Launches } from "./launches";
import { dropPanels, dropStalePanels, floatsOf, onlyPanels } from "./panels";
import { blocksFor, type CudaPiece, type Panels, type Room } from "./room";
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
  readonly sumsProducts = true;
  readonly info: CardInfo;
  readonly isHopper: boolean;
  readonly memory: DeviceMemory<CudaPiece>;
  readonly tensors: Device<CudaPiece>["tensors"];
  readonly counts = new TransferCounts();
  readonly launches: Launches;
  readonly recent: CudaPiece[] = [];
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
        return address === 0 ? null : { address, panels: null, turned: null, isPanelled: false };
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
    this.tensors = {
      allocate: (bytes, what) => ({ piece: new Tensor(this.memory, bytes, what), bytes }),
      release: ({ piece }) => {
        dropPanels(this, piece);
        (piece as Tensor).release();
      },
    };
    this.arguments = new DeviceArguments(this);
  }

  /** The kernels of Hopper store them in bf16. */
  get activations(): "float32" | "bf16" {
    return this.isHopper && this.precisions.training === "bf16" ? "bf16" : "float32";
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
      const address = floatsOf(this, piece);
      this.launches.flush();
      this.driver.download(address, values);
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
    const at = this.guarded(() => {
      const address = floatsOf(this, piece);
      const queue = () => this.driver.queueDownload(address, values.byteLength);
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
  }

  copy(from: CudaPiece, to: CudaPiece, length: number): void {
    this.changed(to);
    this.guarded(() => this.launches.copy(floatsOf(this, from), to.address, 4 * length));
  }

  scaledSum({ piece, length }: DevicePart<CudaPiece>, factor: number, to: CudaPiece): void {
    this.changed(to);
    this.guarded(() =>
      this.launches.launch("scaled_sum", 1, 256, 0, [floatsOf(this, piece), to.address, factor, length]),
    );
    this.counts.launches = this.launches.count;
  }

  async norm(parts: readonly DevicePart<CudaPiece>[]): Promise<number> {
    return this.normAnd(parts, { scale: 1, maxNorm: null }, () => {});
  }

  async adamw(weights: readonly AdamWPieces<CudaPiece>[], clipping: Clipping): Promise<number> {
    for (const { parameter, m, v } of weights) {
      dropStalePanels(this, parameter);
      for (const moment of [m, v]) this.changed(moment);
    }
    const gradients = weights.map(({ gradient, length }) => ({ piece: gradient, length }));
    const norm = await this.normAnd(gradients, clipping, (norm) => adamw(this, weights, { norm }));
    return norm * clipping.scale;
  }

  private normAnd(
    parts: readonly DevicePart<CudaPiece>[],
    clipping: Clipping,
    next: (norm: CudaPiece) => void,
  ): Promise<number> {
    const block = this.guarded(() => {
      for (const { piece } of parts) floatsOf(this, piece);
      return gradientNorm(this, parts, clipping);
    });
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
  gemm: (card, [batch, M, N, K, ta, tb, accumulate, isComplete], [A, B, C]) => {
    const shape = { batch, M, N, K, transposeA: ta === 1, transposeB: tb === 1, accumulate: accumulate === 1 };
    if (shape.accumulate) floatsOf(card, piece(C));
    multiply(card, shape, piece(A), piece(B), made(card, C), isComplete === 1);
  },
  gemmSum: (card, [M, N, ...widths], [C, ...operands]) => {
    const terms = widths.map((K, i) => ({ A: piece(operands[2 * i]), B: piece(operands[2 * i + 1]), K }));
    multiplySum(card, M, N, terms, made(card, C));
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
    const [g, u, to] = [piece(gate), piece(up), made(card, y)];
    const panels = commonPanels(g, u);
    if (panels !== null) {
      const { addresses, rows, columns } = panels;
      const values = [n / 8, ...addresses, onlyPanels(card, to, rows, columns)];
      card.launches.launch("swiglu_panels", blocksFor(card, n / 2), 256, 0, values);
    } else {
      const values = [n, floatsOf(card, g), floatsOf(card, u), to.address];
      card.launches.launch("swiglu", blocksFor(card, n), 256, 0, values);
    }
  },
  swigluGrad: (card, [n], [gate, up, dy, dGate, dUp]) => {
    if (n === 0) return;
    const [inputs, outputs] = [[gate, up, dy].map(piece), [dGate, dUp].map((x) => made(card, x))];
    const panels = commonPanels(...inputs);
    if (panels !== null) {
      const { addresses, rows, columns } = panels;
      const values = [n / 8, ...addresses, ...outputs.map((y) => onlyPanels(card, y, rows, columns))];
      card.launches.launch("swiglu_grad_panels", blocksFor(card, n / 2), 256, 0, values);
    } else {
      const values = [n, ...inputs.map((x) => floatsOf(card, x)), ...outputs.map(({ address }) => address)];
      card.launches.launch("swiglu_grad", blocksFor(card, n), 256, 0, values);
    }
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
    floatsOf(card, piece(gradient));
    const pieces = { parameter: made(card, parameter), gradient: piece(gradient), m: made(card, m), v: made(card, v) };
    adamw(card, [{ ...pieces, length, hyper: rest.slice(0, 6) }], { factor: rest[6] });
  },
  binary: (card, [op, n, isScalar], [a, b, y]) => {
    if (n === 0) return;
    const [left, right] = [floatsOf(card, piece(a)), piece(b)];
    if (op === 0 && right.isPanelled && right.panels !== null) {
      const { address, rows, columns, padded } = right.panels; // read before y, which may be b
      const to = piece(y).address;
      card.launches.launch("from_panels", blocksFor(card, n), 256, 0, [address, left, to, rows, columns, padded]);
      card.changed(piece(y));
      return;
    }
    const name = (["add", "subtract", "multiply_elements"] as const)[op];
    const values = [n, left, floatsOf(card, right), made(card, y).address, isScalar];
    card.launches.launch(name, blocksFor(card, n), 256, 0, values);
  },
  sumOfSquares: () => {
    throw new Error("cuda: sums of squares are part of norm() and adamw()");
  },
  treeAttention: noScoringKernel("cuda"),
  logProbs: noScoringKernel("cuda"),
};

/** The inputs' panels, if all are stored as panels of one shape. */
function commonPanels(...inputs: CudaPiece[]): { addresses: number[]; rows: number; columns: number } | null {
  const all = inputs.map((x) => (x.isPanelled ? x.panels : null));
  const first = all[0];
  if (first === null) return null;
  const { rows, columns } = first;
  if (!all.every((x) => x !== null && x.rows === rows && x.columns === columns && x.padded === rows)) return null;
  return { addresses: (all as Panels[]).map(({ address }) => address), rows, columns };
}

function made(card: CudaCard, x: Array): CudaPiece {
  const y = piece(x);
  card.changed(y);
  return y;
}

/** A tensor whose float32 memory is allocated when it is first needed, because panels may hold its numbers instead. */
class Tensor implements CudaPiece {
  panels: Panels | null = null;
  turned: Panels | null = null;
  isPanelled = false;
  private readonly memory: DeviceMemory<CudaPiece>;
  private readonly bytes: number;
  private readonly what: string;
  private block: Block<CudaPiece> | null = null;

  constructor(memory: DeviceMemory<CudaPiece>, bytes: number, what: string) {
    this.memory = memory;
    this.bytes = bytes;
    this.what = what;
  }

  get address(): number {
    this.block ??= this.memory.allocate(this.bytes, this.what);
    return this.block.piece.address;
  }

  release(): void {
    if (this.block !== null) this.memory.release(this.block);
    this.block = null;
  }
}
