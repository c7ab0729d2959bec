/**
 * @file Matrix products: selects the tile and the number of parts. A long sum over few tiles is split into parts, which
 * are added in order, so the bytes are the same in every run.
 */

import type { Product } from "../device/operands";
import type { GpuPiece } from "./command-queue";
import { addParts, type GemmVariant, gemmKernel } from "./kernels/gemm";
import { divideUp, launchEach, type Room, withScratch } from "./room";

/** A product of parts of arrays: a0, b0 and c0 are the first indices in A, B and C; default 0. */
interface PartProduct extends Product {
  a0?: number;
  b0?: number;
  c0?: number;
}

/** Number of workgroups that fill a large device; WebGPU does not report the number of processors. */
const FILLING = 256;
/** A shorter sum is not split: the second launch would take longer than the sum. */
const LONG_SUM = 1536;
/** Columns from which tiles of 128 x 128 are faster, if rows of B are summed: 29 instead of 18 TFLOP/s on an H100. */
const WIDE_OUTPUT = 8192;
/** Outputs of at most FILLING / 2 tiles of 64 x 64 take tiles of 32 x 32, if no more terms than this are summed. */
const SMALL_SUM = 2048;
/** Channels of a part of a sum, at least; parts at most. */
const PART = 256;
const MOST_PARTS = 64;
/** Channels of a part are a multiple of this, a step of the tiles that sums in parts have. */
const STEP = 32;

export function multiply(room: Room, p: PartProduct, A: GpuPiece, B: GpuPiece, C: GpuPiece): void {
  const { batch, M, N, K, transposeA, transposeB, a0 = 0, b0 = 0, c0 = 0 } = p;
  if (batch * M * N === 0) return;
  const count = (tile: number) => divideUp(M, tile) * divideUp(N, tile) * batch;
  const isLarge = !transposeA && transposeB && N >= WIDE_OUTPUT && count(128) >= FILLING;
  const isSmall = !isLarge && K <= SMALL_SUM && count(64) <= FILLING / 2;
  const tile = isLarge ? 128 : isSmall ? 32 : 64;
  const isSplit = !isSmall && K >= LONG_SUM && count(tile) < FILLING / 2;
  const wanted = isSplit ? Math.min(MOST_PARTS, Math.floor(K / PART), divideUp(FILLING, count(tile))) : 1;
  const partK = Math.max(STEP, divideUp(divideUp(K, wanted), STEP) * STEP);
  const parts = Math.max(1, divideUp(K, partK));
  const inFours = (...numbers: number[]) => numbers.every((n) => n % 4 === 0);
  const variant: GemmVariant = {
    transposeA,
    transposeB,
    groups: isSmall ? 4 : 1,
    rowParts: isLarge ? 2 : 1,
    columnParts: isLarge ? 2 : 1,
    vectorA: inFours(transposeA ? M : K, a0),
    vectorB: inFours(transposeB ? K : N, b0),
    vectorC: inFours(N, c0),
  };
  const key = `gemm ${Object.values(variant).map(Number).join("")}`;
  const [rows, columns] = [divideUp(M, tile), divideUp(N, tile)];
  const rowsFirst = rows < columns;
  const launch = (to: GpuPiece, accumulate: boolean, at: number) => {
    const uniforms = [M, N, K, partK, parts, Number(accumulate), batch, a0, b0, at, Number(rowsFirst)];
    const grid = [rowsFirst ? rows : columns, rowsFirst ? columns : rows, batch * parts] as const;
    room.queue.launch(key, () => gemmKernel(variant), [A, B, to], uniforms, grid);
  };
  if (parts === 1) {
    launch(C, p.accumulate, c0);
    return;
  }
  const n = batch * M * N;
  withScratch(room, 4 * parts * n, `a product of [${M},${N}] in ${parts} parts`, (sums) => {
    launch(sums, false, 0);
    launchEach(room, "add parts", addParts, [sums, C], n, [parts, Number(p.accumulate), c0]);
  });
}
