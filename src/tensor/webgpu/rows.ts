/** @file Kernels that work row by row: RMSNorm, RoPE, embedding. */

import { tokensById } from "../device";
import type { GpuPiece } from "./command-queue";
import * as kernels from "./kernels/rows";
import { divideUp, launchEach, launchRows, type Room, withScratch } from "./room";

export function rmsNorm(
  room: Room,
  { N, C, eps }: { N: number; C: number; eps: number },
  pieces: readonly [x: GpuPiece, w: GpuPiece, y: GpuPiece, inverse: GpuPiece],
): void {
  launchRows(room, "rms norm", kernels.rmsNorm, pieces, N, [N, C, eps]);
}

/** @param plus - is added to dx, unless null */
export function rmsNormGrad(
  room: Room,
  { N, C }: { N: number; C: number },
  [x, w, inverse, dy]: readonly GpuPiece[],
  plus: GpuPiece | null,
  dx: GpuPiece,
  dw: GpuPiece,
): void {
  if (N === 0) {
    room.queue.clear(dw, 4 * C);
    return;
  }
  const several = Math.min(64, Math.max(4, divideUp(N, 1024))); // rows per workgroup
  const parts = divideUp(N, several);
  withScratch(room, 4 * parts * C, `parts of a norm's gradient [${parts},${C}]`, (partial) => {
    const pieces = [x, w, inverse, dy, ...(plus === null ? [] : [plus]), dx, partial];
    const source = () => kernels.rmsNormGrad(C, plus !== null);
    room.queue.launch(`rms norm grad ${C} ${plus !== null}`, source, pieces, [N, several], [parts, 1, 1]);
    launchEach(room, "add rows", kernels.addRows, [partial, dw], C, [parts], 16);
  });
}

export function rope(
  room: Room,
  { N, heads, D, sign }: { N: number; heads: number; D: number; sign: number },
  [positions, cosine, sine]: readonly [Int32Array, Float32Array, Float32Array],
  x: GpuPiece,
  y: GpuPiece,
): void {
  if (N === 0) return;
  const pieces = [room.argument(positions), room.table(cosine), room.table(sine), x, y];
  launchEach(room, "rope", kernels.rope, pieces, (N * heads * D) / 2, [heads, D / 2, sign]);
}

export function embedding(room: Room, C: number, ids: Int32Array, table: GpuPiece, y: GpuPiece): void {
  if (ids.length * C === 0) return;
  launchEach(room, "gather rows", kernels.gatherRows, [room.argument(ids), table, y], ids.length * C, [C, 0]);
}

/** Add the rows of the gradient to the table's rows in token order; the host sorts the tokens by id. */
export function embeddingGrad(
  room: Room,
  { C, V }: { C: number; V: number },
  ids: Int32Array,
  dy: GpuPiece,
  dTable: GpuPiece,
): void {
  const lists = tokensById(ids, V);
  withScratch(room, lists.byteLength, `${ids.length} tokens sorted by id`, (piece) => {
    room.upload(piece, lists);
    launchEach(room, "embedding grad", kernels.embeddingGrad, [piece, dy, dTable], V * C, [C, V]);
  });
}
