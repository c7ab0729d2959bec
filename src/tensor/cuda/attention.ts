/**
 * @file Attention over an interval mask: packing of operands, a plan of the mask, and the kernels' passes.
 *
 * Queries, keys, values and the output's gradient are first packed per head, padded and in the precision of the
 * product, unless they are bf16 panels and a head has 64 channels: then the panels are what the kernels read. The
 * backward pass has two passes, over queries for dq and over keys for dk and dv, so every sum has one owner and a fixed
 * order.
 */

import type { AttentionShape } from "../attention-mask";
import { type Block, sameInts } from "../device";
import type { AttentionGradients, AttentionOperands, MaskArrays } from "../device/operands";
import { kernelPrecision } from "./gemm";
import type { AttentionVariant, KernelFunction } from "./kernel-arguments";
import { clearSlack, floatsOf, onlyPanels } from "./panels";
import { type CudaPiece, divideUp, type Panels, type Room, roundUp, withScratch } from "./room";

/** Rows are padded to a multiple of this, the largest tile. */
const PADDED = 128;

export function attend(
  room: Room,
  plans: MaskPlans,
  heads: AttentionShape,
  mask: MaskArrays,
  x: AttentionOperands<CudaPiece>,
  gradients: AttentionGradients<CudaPiece> | null,
) {
  const { B, T, H, K, D } = heads;
  if (B * T === 0) return;
  if (D > 128) throw new RangeError(`cuda: attention with ${D} channels per head; at most 128`);
  const Tp = roundUp(T, PADDED);
  const plan = plans.of(room, mask, B, T, Tp);
  const isWide = room.isHopper && room.precision !== "float32" && D <= 64 && (room.wideFrom === 0 || D > 32);
  const inputs = [x.q, x.k, x.v, ...(gradients === null ? [] : [x.o, gradients.dO])];
  if (isWide && D === 64 && T % 8 === 0 && inputs.every(({ isPanelled }) => isPanelled)) {
    attendPanels(room, plan, heads, Tp, x, gradients);
    return;
  }
  const isTf32 = isWide && room.precision === "tf32";
  const walk = isTf32 ? WIDE_TF32_WALK : isWide ? WIDE_WALK : walkFor(room, D);
  const [wide, narrow] = [B * H * Tp, B * K * Tp].map((rows) => rows * walk.width * walk.bytes);
  const rows = 4 * B * H * Tp;
  const forms = isTf32 && gradients !== null ? 2 : 1; // of queries, keys and gradients: as they are and turned
  const bytes = forms * (wide + narrow) + narrow + (gradients === null ? 0 : forms * wide + 2 * rows);
  withScratch(room, bytes, `attention over [${B},${T}] with ${H} heads`, ({ address: q }) => {
    const k = q + forms * wide;
    const v = k + forms * narrow;
    const dO = v + narrow;
    const [lse2, delta] = [dO + forms * wide, dO + forms * wide + rows];
    const pack = isTf32 ? packWideTf32 : isWide ? packWide : packHeads;
    const packed = { B, T, Tp, D, walk };
    const both = { isStraight: true, isTurned: forms === 2 };
    pack(room, packed, H, floatsOf(room, x.q), q, null, both);
    pack(room, packed, K, floatsOf(room, x.k), k, null, both);
    pack(room, packed, K, floatsOf(room, x.v), v, null, { isStraight: forms === 2, isTurned: forms === 1 });
    const sizes = [B, T, Tp, H, K, D, 1 / Math.sqrt(D), H * Tp, Tp, K * Tp, Tp, 0];
    const launch = (name: KernelFunction, grid: readonly [number, number, number], part: Walk[WalkPart]) => {
      const outputs = gradients === null ? [0, 0, 0] : [gradients.dq, gradients.dk, gradients.dv].map((y) => y.address);
      const values = [plan.tokens, plan.bounds, q, k, v, dO, lse2, delta, x.o.address, x.lse.address, ...outputs];
      room.launches.launch(name, grid, part.threads, part.sharedBytes, [...values, ...sizes]);
    };
    if (gradients === null) {
      launch(`attention_${walk.name}`, [H, divideUp(Tp, walk.forward.rows), B], walk.forward);
      return;
    }
    const rest = { o: floatsOf(room, x.o), lse: x.lse.address, lse2, delta };
    pack(room, packed, H, floatsOf(room, gradients.dO), dO, rest, both);
    launch(`attention_dq_${walk.name}`, [H, Tp / walk.dq.rows, B], walk.dq);
    launch(`attention_dkv_${walk.name}`, [K, Tp / walk.dkv.rows, B], walk.dkv);
  });
}

// -------------------------------------------------------------------------------------------------------------- the
// passes

/** The same where operands are panels, and results become panels: nothing is packed. */
function attendPanels(
  room: Room,
  plan: { tokens: number; bounds: number },
  { B, T, H, K, D }: AttentionShape,
  Tp: number,
  x: AttentionOperands<CudaPiece>,
  gradients: AttentionGradients<CudaPiece> | null,
) {
  const at = (piece: CudaPiece) => {
    const panels = piece.panels as Panels;
    if (T !== Tp) clearSlack(room, panels); // a tile reads beyond the last sequence
    return panels.address;
  };
  const [q, k, v] = [at(x.q), at(x.k), at(x.v)];
  const N = B * T;
  const sizes = [B, T, Tp, H, K, D, 1 / Math.sqrt(D), T, N, T, N, N];
  if (gradients === null) {
    const { rows, threads, sharedBytes } = WIDE_WALK.forward;
    const operands = [plan.tokens, plan.bounds, q, k, v, 0, 0, 0];
    const values = [...operands, onlyPanels(room, x.o, N, H * D), x.lse.address, 0, 0, 0, ...sizes];
    room.launches.launch("attention_wide", [H, divideUp(Tp, rows), B], threads, sharedBytes, values);
    return;
  }
  const dO = at(gradients.dO);
  const rows = 4 * B * H * Tp;
  withScratch(room, 2 * rows, `attention over [${B},${T}] with ${H} heads`, ({ address: lse2 }) => {
    const delta = lse2 + rows;
    const { address: o } = x.o.panels as Panels;
    const blocks = Math.min(divideUp(B * Tp * H * 8, 256), 32_768);
    room.launches.launch("delta_panels", blocks, 256, 0, [o, dO, x.lse.address, lse2, delta, B, T, Tp, H, N]);
    const dq = onlyPanels(room, gradients.dq, N, H * D);
    const [dk, dv] = [gradients.dk, gradients.dv].map((y) => onlyPanels(room, y, N, K * D));
    const values = [plan.tokens, plan.bounds, q, k, v, dO, lse2, delta, 0, 0, dq, dk, dv, ...sizes];
    for (const [name, heads] of [
      ["dq", H],
      ["dkv", K],
    ] as const) {
      const { rows, threads, sharedBytes } = WIDE_WALK[name];
      room.launches.launch(`attention_${name}_wide`, [heads, Tp / rows, B], threads, sharedBytes, values);
    }
  });
}

type WalkPart = "forward" | "dq" | "dkv";

/** A choice of kernels: the packing of operands, and the resources of each pass. */
interface Walk extends Record<WalkPart, { rows: number; threads: number; sharedBytes: number }> {
  name: AttentionVariant | "wide" | "wide_tf32";
  /** channels of a packed row, and bytes of one */
  width: number;
  bytes: number;
}

/** kernels/attention-hopper.cuh */
const WIDE_WALK: Walk = {
  name: "wide",
  width: 64,
  bytes: 2,
  forward: { rows: 192, threads: 512, sharedBytes: 192 * 128 + 4 * 128 * 256 + 1024 + 128 },
  dq: { rows: 128, threads: 384, sharedBytes: 2 * 128 * 128 + 3 * 128 * 256 + 1024 + 128 },
  dkv: { rows: 128, threads: 384, sharedBytes: 2 * 128 * 128 + 5 * (64 * 256 + 2048) + 1024 + 128 },
};

const WIDE_TF32_WALK: Walk = {
  name: "wide_tf32",
  width: 64,
  bytes: 4,
  forward: { rows: 128, threads: 384, sharedBytes: 128 * 256 + 3 * 128 * 512 + 1024 + 128 },
  dq: { rows: 128, threads: 384, sharedBytes: 2 * 128 * 256 + 3 * 64 * 768 + 1024 + 128 },
  dkv: { rows: 128, threads: 384, sharedBytes: 2 * 128 * 256 + 2 * (64 * 1024 + 2048) + 1024 + 128 },
};

/** kernels/attention.cuh: the widest tiles that fit the card's shared memory. */
function walkFor(room: Room, D: number): Walk {
  const precision = kernelPrecision(room);
  const width = D <= 32 ? 32 : D <= 64 ? 64 : 128;
  const bytes = precision === "bf16" ? 2 : 4;
  const walk = (name: AttentionVariant, rows: number, N: number): Walk => {
    const stride = (width + (precision === "bf16" ? 8 : 4)) * bytes;
    const part = (sharedBytes: number) => ({ rows, threads: 2 * rows, sharedBytes });
    const backward = (2 * rows + 4 * N) * stride;
    return { name, width, bytes, forward: part(4 * N * stride), dq: part(backward), dkv: part(backward + 48 * N) };
  };
  const full = walk(`${precision}_${width}`, 128, width === 128 ? 32 : 64);
  if (full.dkv.sharedBytes <= room.info.sharedBytes || width === 32 || (precision === "bf16" && width === 64))
    return full;
  if (width === 128) return walk(`${precision}_128_small`, 32, 16);
  return walk(`${precision as "f32" | "tf32"}_64_small`, 64, 32);
}

interface Packed {
  B: number;
  T: number;
  Tp: number;
  D: number;
  walk: Walk;
}

/** With the output's gradient: also `Σ o do` of each query and head, and lse to base 2. */
type WithDelta = { o: number; lse: number; lse2: number; delta: number } | null;

function packHeads(room: Room, { B, T, Tp, D, walk }: Packed, heads: number, x: number, to: number, rest: WithDelta) {
  const blocks = divideUp(B * Tp * heads * (walk.width / 4), 256);
  const name = `pack_heads_${kernelPrecision(room)}_${walk.width as 32 | 64 | 128}` as const;
  room.launches.launch(name, Math.min(blocks, 16_384), 256, 0, [x, to, B, T, Tp, heads, D]);
  if (rest === null) return;
  const { o, lse, lse2, delta } = rest;
  const values = [o, x, lse, lse2, delta, B, T, Tp, heads, D];
  room.launches.launch("attention_delta", divideUp(B * Tp * heads * 32, 256), 256, 0, values);
}

/** In tf32 `to` gets the operand as it is, or turned, or one after the other. */
function packWideTf32(
  room: Room,
  { B, T, Tp, D }: Packed,
  heads: number,
  x: number,
  to: number,
  rest: WithDelta,
  { isStraight, isTurned }: { isStraight: boolean; isTurned: boolean },
) {
  const { o, lse, lse2, delta } = rest ?? { o: 0, lse: 0, lse2: 0, delta: 0 };
  const turned = isTurned ? to + (isStraight ? 256 * B * heads * Tp : 0) : 0;
  const values = [x, isStraight ? to : 0, turned, o, lse, lse2, delta, B, T, Tp, heads, D];
  room.launches.launch("pack_wide_tf32", [Tp / 64, heads, B], 256, 0, values);
}

function packWide(room: Room, { B, T, Tp, D }: Packed, heads: number, x: number, to: number, rest: WithDelta) {
  const blocks = Math.min(divideUp(B * Tp * heads * 8, 256), 32_768);
  const { o, lse, lse2, delta } = rest ?? { o: 0, lse: 0, lse2: 0, delta: 0 };
  room.launches.launch("pack_wide", blocks, 256, 0, [x, to, o, lse, lse2, delta, B, T, Tp, heads, D]);
}

// --------------------------------------------------------------------------------------------------------------- the mask

/** Number of queries that share one bound. */
const BOUND = 64;

const NEVER = 0x7fffffff;

/** The mask on the device, made once for all layers that share it. */
export class MaskPlans {
  private block: Block<CudaPiece> | null = null;
  private B = 0;
  private T = 0;
  /** the three arrays from which the plan was made */
  private content = new Int32Array(0);

  of(room: Room, mask: MaskArrays, B: number, T: number, Tp: number): { tokens: number; bounds: number } {
    if (this.block === null || !this.isOf(mask, B, T)) this.upload(room, mask, B, T, Tp);
    const { address } = (this.block as Block<CudaPiece>).piece;
    return { tokens: address, bounds: address + 16 * B * Tp };
  }

  private isOf(mask: MaskArrays, B: number, T: number): boolean {
    const N = B * T;
    return this.B === B && this.T === T && mask.every((x, i) => sameInts(x, this.content.subarray(i * N, (i + 1) * N)));
  }

  private upload(room: Room, mask: MaskArrays, B: number, T: number, Tp: number): void {
    const plan = maskPlan(mask, B, T, Tp);
    if (this.block === null || plan.byteLength > this.block.bytes) {
      if (this.block !== null) room.memory.release(this.block);
      this.block = room.memory.allocate(plan.byteLength, `the mask of [${B},${T}] tokens`);
    }
    this.content = new Int32Array(3 * B * T);
    mask.forEach((x, i) => {
      this.content.set(x, i * B * T);
    });
    [this.B, this.T] = [B, T];
    room.upload(this.block.piece, plan);
  }
}

/** `[B][Tp]` edges of each token and `[B][Tp / 64]` bounds of 64 queries, four whole numbers each (kernels/attention.cuh). */
export function maskPlan(
  [contextStart, contextEnd, branchStart]: MaskArrays,
  B: number,
  T: number,
  Tp: number,
): Int32Array {
  const blocks = Tp / BOUND;
  const plan = new Int32Array(4 * B * (Tp + blocks));
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < Tp; i++) {
      const at = 4 * (b * Tp + i);
      const n = b * T + i;
      if (i < T) {
        plan[at] = contextStart[n];
        plan[at + 1] = contextEnd[n];
        plan[at + 2] = branchStart[n];
      } else plan[at + 2] = NEVER; // a padding row attends to nothing
    }
    for (let x = 0; x < blocks; x++) {
      let [from, to, first, last] = [NEVER, 0, NEVER, 0];
      for (let i = x * BOUND; i < (x + 1) * BOUND; i++) {
        const at = 4 * (b * Tp + i);
        if (plan[at] < plan[at + 1]) {
          from = Math.min(from, plan[at]);
          to = Math.max(to, plan[at + 1]);
        }
        first = Math.min(first, plan[at + 2]);
        last = Math.max(last, plan[at + 2]);
      }
      plan.set([from, to, first, last], 4 * (B * Tp + b * blocks + x));
    }
  }
  return plan;
}
