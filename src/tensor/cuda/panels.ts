/**
 * @file Panels of tensors, the operands of products in bf16 and, on Hopper, in tf32.
 *
 * bf16 panels of a float32 tensor are kept with it until it changes or is freed: a gradient is an operand of two products,
 * and the backward pass uses the operands of the forward pass again. In bf16, the kernels of Hopper write activations as
 * panels only (`isPanelled`), which halves their bytes; a kernel that wants float32 numbers gets them by `floatsOf`.
 *
 * tf32 panels are as large as the tensor, and the two passes need different ones (of the matrix and of its transpose), so
 * only those of the `MOST_RECENT` last used tensors are kept.
 */

import { blocksFor, type CudaPiece, divideUp, type PanelElement, type Panels, type Room, roundUp } from "./room";

/** Bytes beyond the last panel that a tile may read. */
const SLACK = 256 * 128;

/** Tensors whose tf32 panels are kept: the operands of the products of three linear maps of one input. */
const MOST_RECENT = 6;

/** Columns of a block, whose rows are 128 bytes. */
export const BLOCK_COLUMNS: Readonly<Record<PanelElement, number>> = { bf16: 64, tf32: 32 };

/** Whether kernels may write this matrix as panels only. */
export function mayBePanels(room: Room, rows: number, columns: number): boolean {
  return room.precision === "bf16" && room.isHopper && rows > 0 && rows % 64 === 0 && columns % 64 === 0;
}

/** The matrix `x`, `[batch][rows][columns]`, as bf16 panels; converted if necessary. */
export function panelsOf(room: Room, x: CudaPiece, batch: number, rows: number, columns: number): Panels {
  if (x.panels !== null && isOf(x.panels, "bf16", batch, rows, columns)) return x.panels;
  const from = floatsOf(room, x);
  const panels = placePanels(room, x, batch, rows, columns);
  const vector = columns % 4 === 0 ? 1 : 0;
  const values = [from, panels.address, rows, columns, panels.padded, blocksOf(panels), vector];
  room.launches.launch("to_panels", [(panels.padded / 64) * blocksOf(panels), batch, 1], 256, 0, values);
  return panels;
}

/**
 * The matrix `x`, `[batch][rows][columns]`, as tf32 panels of it or of its transpose; converted if necessary.
 *
 * @param both - if it is converted, then to both in one pass, because the other will be needed soon
 */
export function tf32PanelsOf(
  room: Room,
  x: CudaPiece,
  [batch, rows, columns]: readonly [number, number, number],
  isTurned: boolean,
  both: boolean,
): Panels {
  const isKept = (panels: Panels | null, R: number, C: number) => panels === null || isOf(panels, "tf32", batch, R, C);
  if (!isKept(x.panels, rows, columns) || !isKept(x.turned, columns, rows)) {
    floatsOf(room, x); // before its only numbers are dropped
    dropPanels(room, x);
  }
  forget(room, x);
  room.recent.push(x);
  if (room.recent.length > MOST_RECENT) dropPanels(room, room.recent[0]);
  const kept = isTurned ? x.turned : x.panels;
  if (kept !== null) return kept;
  const from = floatsOf(room, x);
  const make = (R: number, C: number) => allocatePanels(room, "tf32", batch, R, C);
  const panels = x.panels === null && (both || !isTurned) ? make(rows, columns) : null;
  const turned = x.turned === null && (both || isTurned) ? make(columns, rows) : null;
  const [padded, turnedPadded] = [roundUp(rows, 64), roundUp(columns, 64)];
  const sizes = [rows, columns, padded, divideUp(columns, 32), turnedPadded, divideUp(rows, 32)];
  const values = [from, panels?.address ?? 0, turned?.address ?? 0, ...sizes, columns % 4 === 0 ? 1 : 0];
  room.launches.launch("to_tf32_panels", [(padded / 64) * (turnedPadded / 64), batch, 1], 256, 0, values);
  x.panels ??= panels;
  x.turned ??= turned;
  return (isTurned ? x.turned : x.panels) as Panels;
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

/** Memory for bf16 panels of `x`, which the caller fills. */
export function placePanels(room: Room, x: CudaPiece, batch: number, rows: number, columns: number): Panels {
  dropPanels(room, x);
  x.panels = allocatePanels(room, "bf16", batch, rows, columns);
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
  return { address: 0, panels: part, turned: null, isPanelled: true };
}

/** Set the slack to zero, so that rows beyond the last one are zero. */
export function clearSlack(room: Room, panels: Panels): void {
  room.launches.clear(panels.address + panels.padded * blocksOf(panels) * 128, SLACK);
}

/** Number of blocks of columns. */
export function blocksOf({ element, columns }: Panels): number {
  return divideUp(columns, BLOCK_COLUMNS[element]);
}

/** Discard the panels that AdamW does not keep up to date: all but whole bf16 panels beside float32 numbers. */
export function dropStalePanels(room: Room, x: CudaPiece): void {
  const isKept =
    x.panels !== null &&
    x.panels.element === "bf16" &&
    x.panels.batch === 1 &&
    x.panels.rows % 64 === 0 &&
    x.panels.columns % 64 === 0 &&
    !x.isPanelled;
  if (!isKept) dropPanels(room, x);
}

/** Discard the panels of a tensor that changed or was freed. */
export function dropPanels(room: Room, x: CudaPiece): void {
  forget(room, x);
  x.isPanelled = false;
  for (const panels of [x.panels, x.turned]) if (panels?.block) room.memory.release(panels.block);
  x.panels = null;
  x.turned = null;
}

function forget(room: Room, x: CudaPiece): void {
  const at = room.recent.indexOf(x);
  if (at >= 0) room.recent.splice(at, 1);
}

function isOf(panels: Panels, element: PanelElement, batch: number, rows: number, columns: number): boolean {
  return panels.element === element && panels.batch === batch && panels.rows === rows && panels.columns === columns;
}

function allocatePanels(room: Room, element: PanelElement, batch: number, rows: number, columns: number): Panels {
  const padded = roundUp(rows, 64);
  const blocks = divideUp(columns, BLOCK_COLUMNS[element]);
  const block = room.memory.allocate(batch * padded * blocks * 128 + SLACK, `${element} operands [${rows},${columns}]`);
  return { block, element, batch, rows, columns, padded, address: block.piece.address };
}
