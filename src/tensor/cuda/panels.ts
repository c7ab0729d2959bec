/**
 * @file bf16 panels of tensors, the operands of bf16 products.
 *
 * Panels of a float32 tensor are kept with it until it changes or is freed: a gradient is an operand of two products, and
 * the backward pass uses the operands of the forward pass again. In bf16, the kernels of Hopper write activations as
 * panels only (`isPanelled`), which halves their bytes; a kernel that wants float32 numbers gets them by `floatsOf`.
 */

import { blocksFor, type CudaPiece, divideUp, type Panels, type Room, roundUp } from "./room";

/** Bytes beyond the last panel that a tile may read. */
const SLACK = 256 * 128;

/** Padded rows of a block of 64 columns, and the number of blocks. */
function panelSize(rows: number, columns: number): { padded: number; blocks: number } {
  return { padded: roundUp(rows, 64), blocks: divideUp(columns, 64) };
}

/** Whether kernels may write this matrix as panels only. */
export function mayBePanels(room: Room, rows: number, columns: number): boolean {
  return room.precision === "bf16" && room.isHopper && rows > 0 && rows % 64 === 0 && columns % 64 === 0;
}

/** The matrix `x`, `[batch][rows][columns]`, as panels; converted if necessary. */
export function panelsOf(room: Room, x: CudaPiece, batch: number, rows: number, columns: number): Panels {
  const kept = x.panels;
  if (kept !== null && kept.batch === batch && kept.rows === rows && kept.columns === columns) return kept;
  const from = floatsOf(room, x);
  const panels = placePanels(room, x, batch, rows, columns);
  const { padded, blocks } = panelSize(rows, columns);
  const vector = columns % 4 === 0 ? 1 : 0;
  const values = [from, panels.address, rows, columns, padded, blocks, vector];
  room.launches.launch("to_panels", [(padded / 64) * blocks, batch, 1], 256, 0, values);
  return panels;
}

/** The address of the float32 numbers, converted if only the panels have them. */
export function floatsOf(room: Room, x: CudaPiece): number {
  if (x.isPanelled && x.panels !== null) {
    const { address, rows, columns, padded } = x.panels;
    x.isPanelled = false;
    const blocks = blocksFor(room, rows * columns);
    room.launches.launch("from_panels", blocks, 256, 0, [address, 0, x.address, rows, columns, padded]);
  }
  return x.address;
}

/** Memory for panels of `x`, which the caller fills. */
export function placePanels(room: Room, x: CudaPiece, batch: number, rows: number, columns: number): Panels {
  dropPanels(room, x);
  const { padded, blocks } = panelSize(rows, columns);
  const block = room.memory.allocate(batch * padded * blocks * 128 + SLACK, `bf16 operands [${rows},${columns}]`);
  x.panels = { block, batch, rows, columns, padded, address: block.piece.address };
  return x.panels;
}

/** Memory for panels of `x`, which will be its only numbers. @returns their address */
export function onlyPanels(room: Room, x: CudaPiece, rows: number, columns: number): number {
  const { address } = placePanels(room, x, 1, rows, columns);
  x.isPanelled = true;
  return address;
}

/** `count` rows of a panelled matrix from row `from` on, without a copy. Both numbers are multiples of 64. */
export function rowsOfPanels(x: CudaPiece, from: number, count: number): CudaPiece {
  const panels = x.panels as Panels;
  const part = { ...panels, block: null, rows: count, address: panels.address + 128 * from };
  return { address: 0, panels: part, isPanelled: true };
}

/** Set the slack to zero, so that rows beyond the last one are zero. */
export function clearSlack(room: Room, { address, padded, columns }: Panels): void {
  room.launches.clear(address + padded * divideUp(columns, 64) * 128, SLACK);
}

/** Discard the panels of a tensor that changed or was freed. */
export function dropPanels(room: Room, x: CudaPiece): void {
  x.isPanelled = false;
  if (x.panels === null) return;
  if (x.panels.block !== null) room.memory.release(x.panels.block);
  x.panels = null;
}
