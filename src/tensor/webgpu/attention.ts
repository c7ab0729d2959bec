/**
 * @file Attention over an interval mask: a plan of the mask, and the launches. The backward pass has two passes, over
 * queries for dq and over keys for dk and dv, so every sum has one owner and a fixed order.
 */

import type { AttentionShape } from "../attention-mask";
import { type Block, sameInts } from "../device";
import type { AttentionGradients, AttentionOperands, MaskArrays } from "../device/operands";
import type { GpuPiece } from "./command-queue";
import * as kernels from "./kernels/attention";
import { BACKWARD_TILES, FORWARD_TILES, PLANNED_ROWS, type Tiles } from "./kernels/attention";
import { isWide, WIDE_BYTES, WIDE_ROWS, wideAttentionGrad } from "./kernels/attention-wide";
import { divideUp, launchEach, type Room, withScratch } from "./room";

export function attend(
  room: Room,
  plans: MaskPlans,
  heads: AttentionShape,
  mask: MaskArrays,
  { q, k, v, o, lse }: AttentionOperands<GpuPiece>,
): void {
  const { B, T, H, D } = heads;
  if (B * T === 0) return;
  const plan = plans.of(room, mask, B, T);
  const pieces = [q, k, v, plan, o, lse];
  const tiles = tilesFor(room, D, FORWARD_TILES, kernels.forwardBytes);
  const rows = 16 * tiles.R;
  const source = () => kernels.attention(D, tiles);
  room.queue.launch(`attention ${D}`, source, pieces, sizesOf(heads, rows), [divideUp(T, rows), H, B]);
}

export function attendBackward(
  room: Room,
  plans: MaskPlans,
  heads: AttentionShape,
  mask: MaskArrays,
  { q, k, v, o, lse }: AttentionOperands<GpuPiece>,
  { dO, dq, dk, dv }: AttentionGradients<GpuPiece>,
): void {
  const { B, T, H, K, D } = heads;
  if (B * T === 0) return;
  const plan = plans.of(room, mask, B, T);
  const isWideShape = usesWide(room, heads);
  const tiles = isWideShape ? null : tilesFor(room, D, BACKWARD_TILES, kernels.backwardBytes);
  const [rows, columns] = tiles === null ? [WIDE_ROWS, WIDE_ROWS] : [16 * tiles.R, 8 * tiles.J];
  const kind = isWideShape ? "wide " : "";
  withScratch(room, 8 * B * T * H, `sums of attention [${B * T},${H}]`, (sums) => {
    launchEach(room, `attention sums ${D}`, () => kernels.attentionSums(D), [o, dO, lse, sums], B * T * H, [], 64);
    const walk = (mode: "dq" | "dkv", queriesPerTile: number, heads_: number, outputs: GpuPiece[]) =>
      room.queue.launch(
        `attention ${mode} ${kind}${D}`,
        () => (tiles === null ? wideAttentionGrad(D, mode) : kernels.attentionGrad(D, tiles, mode)),
        [q, k, v, dO, sums, plan, ...outputs],
        sizesOf(heads, queriesPerTile),
        [divideUp(T, rows), heads_, B],
      );
    walk("dkv", columns, K, [dk, dv]);
    walk("dq", rows, H, [dq]);
  });
}

/** Backward: large tiles where they are filled and the device has the memory. */
function usesWide({ limits }: Room, { T, D }: AttentionShape): boolean {
  return (
    isWide(D) &&
    T >= WIDE_ROWS &&
    limits.maxComputeWorkgroupStorageSize >= WIDE_BYTES &&
    limits.maxComputeInvocationsPerWorkgroup >= 256
  );
}

function tilesFor(room: Room, D: number, sizes: readonly Tiles[], bytes: (D: number, tiles: Tiles) => number): Tiles {
  const most = room.limits.maxComputeWorkgroupStorageSize;
  const found = sizes.find((tiles) => bytes(D, tiles) <= most);
  if (found !== undefined) return found;
  throw new RangeError(
    `webgpu: attention with ${D} channels per head wants more workgroup memory than this device's ${most} bytes; ` +
      "use more heads of fewer channels, or another backend",
  );
}

/** The kernels' uniforms; the plan's offset is counted in vec4. */
function sizesOf({ B, T, H, K, D }: AttentionShape, queriesPerTile: number): number[] {
  return [T, H, K, H / K, divideUp(T, queriesPerTile), planOffset(B, T, queriesPerTile), 1 / Math.sqrt(D)];
}

// --------------------------------------------------------------------------------------------------------------- the mask

/** The mask on the device, made once for all layers that share it. */
export class MaskPlans {
  private block: Block<GpuPiece> | null = null;
  private B = 0;
  private T = 0;
  /** copies of the three arrays from which the plan was made */
  private content: readonly Int32Array[] = [];

  of(room: Room, mask: MaskArrays, B: number, T: number): GpuPiece {
    if (this.block === null || !this.isOf(mask, B, T)) this.block = this.uploaded(room, mask, B, T);
    return this.block.piece;
  }

  private isOf(mask: MaskArrays, B: number, T: number): boolean {
    return this.B === B && this.T === T && mask.every((x, i) => sameInts(x, this.content[i]));
  }

  private uploaded(room: Room, mask: MaskArrays, B: number, T: number): Block<GpuPiece> {
    const plan = maskPlan(mask, B, T);
    if (this.block !== null) room.memory.release(this.block);
    const block = room.memory.allocate(plan.byteLength, `the mask of [${B},${T}] tokens`);
    this.content = mask.map((x) => x.slice());
    [this.B, this.T] = [B, T];
    room.upload(block.piece, plan);
    return block;
  }
}

/**
 * Four whole numbers per token, the mask's three and a 0; then, for every tile size, four per tile of queries: start
 * and end of its context, and the first and the last start of a branch.
 */
export function maskPlan([contextStart, contextEnd, branchStart]: MaskArrays, B: number, T: number): Int32Array {
  const plan = new Int32Array(4 * planOffset(B, T, null));
  for (let n = 0; n < B * T; n++) plan.set([contextStart[n], contextEnd[n], branchStart[n]], 4 * n);
  for (const rows of PLANNED_ROWS) {
    const tiles = divideUp(T, rows);
    for (let b = 0; b < B; b++) {
      for (let tile = 0; tile < tiles; tile++) {
        let [from, to, first, last] = [T, 0, T, 0];
        for (let n = b * T + tile * rows; n < b * T + Math.min(T, (tile + 1) * rows); n++) {
          if (contextStart[n] < contextEnd[n]) {
            from = Math.min(from, contextStart[n]);
            to = Math.max(to, contextEnd[n]);
          }
          first = Math.min(first, branchStart[n]);
          last = Math.max(last, branchStart[n]);
        }
        plan.set([from, to, first, last], 4 * (planOffset(B, T, rows) + b * tiles + tile));
      }
    }
  }
  return plan;
}

/** Start of the plan for tiles of this many queries; null: the end of all plans. */
function planOffset(B: number, T: number, rows: number | null): number {
  let at = B * T;
  for (const planned of PLANNED_ROWS) {
    if (planned === rows) return at;
    at += B * divideUp(T, planned);
  }
  if (rows === null) return at;
  throw new Error(`webgpu: there is no plan for tiles of ${rows} queries`);
}
