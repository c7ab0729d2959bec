/** @file The output layer and its loss, one chunk of rows at a time: logits, softmax and gradient share one buffer. */

import type { OutputLayer } from "../device/operands";
import type { GpuPiece } from "./command-queue";
import { multiply } from "./gemm";
import * as kernels from "./kernels/rows";
import { launchEach, launchRows, type Room, withScratch } from "./room";

/** Minimum rows of a chunk, so that its products fill their tiles. */
const SHORTEST_CHUNK = 128;

/** Log probabilities of the labels, `[R]`; with gradients, `scale (softmax - onehot)` times the other operand. */
export function crossEntropy(
  room: Room,
  { N, C, V, scale, rows, labels }: OutputLayer,
  x: GpuPiece,
  w: GpuPiece,
  logProbs: GpuPiece,
  gradients: { dx: GpuPiece; dw: GpuPiece } | null,
): void {
  const R = rows.length;
  const isWhole = R === N; // all rows are labelled and in order, so nothing needs to be copied
  if (gradients !== null && !isWhole) room.queue.clear(gradients.dx, 4 * N * C);
  if (gradients !== null && R === 0) room.queue.clear(gradients.dw, 4 * V * C);
  if (R === 0) return;
  const size = Math.min(R, Math.max(SHORTEST_CHUNK, Math.floor(room.chunkLogits / V)));
  const [rowIds, labelIds] = [room.argument(rows), room.argument(labels)];
  const isVector = V % 4 === 0;
  const product = { batch: 1, transposeA: false, transposeB: false, accumulate: false };
  const scratch = (isNeeded: boolean) => (isNeeded ? 4 * size * C : 4);
  withScratch(room, 4 * size * V, `logits [${size},${V}]`, (logits) => {
    withScratch(room, scratch(!isWhole), `rows [${size},${C}]`, (part) => {
      withScratch(room, scratch(!isWhole && gradients !== null), `gradients [${size},${C}]`, (partGradient) => {
        for (let from = 0; from < R; from += size) {
          const n = Math.min(size, R - from);
          const at = isWhole ? from * C : 0;
          const these = isWhole ? x : part;
          if (!isWhole) launchEach(room, "gather rows", kernels.gatherRows, [rowIds, x, part], n * C, [C, from]);
          multiply(room, { ...product, M: n, N: V, K: C, transposeB: true, a0: at }, these, w, logits);
          const softmax = [n, V, from, scale, gradients === null ? 0 : 1];
          const pieces = [rowIds, labelIds, logits, logProbs];
          launchRows(room, `softmax rows ${isVector}`, () => kernels.softmaxRows(isVector), pieces, n, softmax);
          if (gradients === null) continue;
          const dx = isWhole ? gradients.dx : partGradient;
          multiply(room, { ...product, M: n, N: C, K: V, c0: at }, logits, w, dx);
          const toWeights = { ...product, M: V, N: C, K: n, transposeA: true, accumulate: from > 0, b0: at };
          multiply(room, toWeights, logits, these, gradients.dw);
          if (isWhole) continue;
          launchEach(room, "scatter rows", kernels.scatterRows, [rowIds, partGradient, gradients.dx], n * C, [C, from]);
        }
      });
    });
  });
}
