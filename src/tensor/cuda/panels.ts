/**
 * @file bf16 panels of tensors, the operands of bf16 products. They are kept with the tensor until it changes or is
 * freed: a gradient or a norm is an operand of two or three consecutive products, and the backward pass uses the
 * operands of the forward pass again.
 */

import { type CudaPiece, divideUp, type Panels, type Room, roundUp } from "./room";

/** Bytes beyond the last panel that a tile may read. */
const SLACK = 256 * 128;

/** Padded rows of a block of 64 columns, and the number of blocks. */
export function panelSize(rows: number, columns: number): { rows: number; blocks: number } {
  return { rows: roundUp(rows, 64), blocks: divideUp(columns, 64) };
}

/** The matrix `x`, `[batch][rows][columns]`, as panels; converted if necessary. @returns their address */
export function panelsOf(room: Room, x: CudaPiece, batch: number, rows: number, columns: number): number {
  const kept = x.panels;
  if (kept !== null && kept.batch === batch && kept.rows === rows && kept.columns === columns) {
    return kept.block.piece.address;
  }
  const { block } = placePanels(room, x, batch, rows, columns);
  const { rows: padded, blocks } = panelSize(rows, columns);
  const { address } = block.piece;
  const vector = columns % 4 === 0 ? 1 : 0;
  const values = [x.address, address, rows, columns, padded, blocks, vector];
  room.launches.launch("to_panels", [(padded / 64) * blocks, batch, 1], 256, 0, values);
  return address;
}

/** Memory for panels of `x`, which the caller fills. */
export function placePanels(room: Room, x: CudaPiece, batch: number, rows: number, columns: number): Panels {
  dropPanels(room, x);
  const { rows: padded, blocks } = panelSize(rows, columns);
  const block = room.memory.allocate(batch * padded * blocks * 128 + SLACK, `bf16 operands [${rows},${columns}]`);
  x.panels = { block, batch, rows, columns };
  return x.panels;
}

/** Discard the panels of a tensor that changed or was freed. */
export function dropPanels(room: Room, x: CudaPiece): void {
  if (x.panels === null) return;
  room.memory.release(x.panels.block);
  x.panels = null;
}
