/** @file The output layer and its loss, one chunk of rows at a time: logits, softmax and gradient share one buffer. */

import type { OutputLayer } from "../device/operands";
import { multiply } from "./gemm";
import { dropPanels, floatsOf, placePanels, rowsOfPanels } from "./panels";
import { type CudaPiece, type Room, withScratch } from "./room";

/** Log probabilities of the labels, `[R]`; with gradients, `scale (softmax - onehot)` times the other operand. */
export function crossEntropy(
  room: Room,
  { N, C, V, scale, rows, labels }: OutputLayer,
  x: CudaPiece,
  w: CudaPiece,
  logProbs: CudaPiece,
  gradients: { dx: CudaPiece; dw: CudaPiece } | null,
): void {
  const R = rows.length;
  const isWhole = R === N; // all rows are labelled and in order, so nothing needs to be copied
  if (gradients !== null && !isWhole) room.launches.clear(gradients.dx.address, 4 * N * C);
  if (gradients !== null && R === 0) room.launches.clear(gradients.dw.address, 4 * V * C);
  if (R === 0) return;
  const size = Math.min(R, Math.max(128, Math.floor(room.chunkLogits / V / 128) * 128));
  const [rowsAt, labelsAt] = [room.argument(rows), room.argument(labels)];
  const areRowsPanelled = isWhole && x.isPanelled && N % 64 === 0 && room.precision === "bf16";
  const from32 = areRowsPanelled ? 0 : floatsOf(room, x);
  const isPanelled = gradients !== null && room.precision === "bf16" && V % 64 === 0;
  withScratch(room, 4 * size * V, `logits [${size},${V}]`, (logits) => {
    withScratch(room, isWhole ? 4 : 4 * size * C, `rows [${size},${C}]`, (part) => {
      withScratch(
        room,
        isWhole || gradients === null ? 4 : 4 * size * C,
        `gradients [${size},${C}]`,
        (partGradient) => {
          for (let from = 0; from < R; from += size) {
            const n = Math.min(size, R - from);
            const these = areRowsPanelled ? rowsOfPanels(x, from, n) : isWhole ? slice(x, from * C) : part;
            if (!isWhole) {
              dropPanels(room, part);
              room.launches.launch("gather_rows", n, 256, 0, [rowsAt + 4 * from, from32, part.address, C]);
            }
            const product = { batch: 1, transposeA: false, transposeB: false, accumulate: false };
            multiply(room, { ...product, M: n, N: V, K: C, transposeB: true }, these, w, logits);
            dropPanels(room, logits);
            // store the gradient directly as bf16, since both products need that
            const panels = isPanelled && n % 64 === 0 ? placePanels(room, logits, 1, n, V).address : 0;
            const values = [rowsAt + 4 * from, labelsAt, logits.address, logProbs.address + 4 * from, panels];
            room.launches.launch("softmax_rows", n, 512, 0, [...values, V, gradients === null ? 0 : 1, scale]);
            if (gradients !== null) {
              const dx = isWhole ? slice(gradients.dx, from * C) : partGradient;
              multiply(room, { ...product, M: n, N: C, K: V }, logits, w, dx);
              const toWeights = { ...product, M: V, N: C, K: n, transposeA: true, accumulate: from > 0 };
              multiply(room, toWeights, logits, these, gradients.dw);
              if (!isWhole) {
                const values = [rowsAt + 4 * from, partGradient.address, gradients.dx.address, C];
                room.launches.launch("scatter_rows", n, 256, 0, values);
              }
            }
            dropPanels(room, logits);
            if (isWhole) dropPanels(room, these);
          }
          dropPanels(room, part);
        },
      );
    });
  });
}

/** The same memory from a given number on, without the panels of the whole piece. */
function slice(x: CudaPiece, numbers: number): CudaPiece {
  return { address: x.address + 4 * numbers, panels: null, turned: null, isPanelled: false };
}
