/** @file Kernels that work row by row: RMSNorm, RoPE, embedding. */

import { tokensById } from "../device";
import { floatsOf, mayBePanels, onlyPanels, placePanels } from "./panels";
import { type CudaPiece, divideUp, type Room, withScratch } from "./room";

/** Rows per block, one warp per row. */
const NORM_ROWS = 8;
/** Longest rows that fit into registers. */
const NORM_WIDTHS = [768, 1024] as const;

/** y is an operand of products, so it may be stored in bf16. */
export function rmsNorm(
  room: Room,
  { N, C, eps }: { N: number; C: number; eps: number },
  x: CudaPiece,
  w: CudaPiece,
  y: CudaPiece,
  inverse: CudaPiece,
): void {
  if (N === 0) return;
  const blocks = Math.min(divideUp(N, NORM_ROWS), 16 * room.info.processors);
  const inputs = [floatsOf(room, x), floatsOf(room, w)];
  const outputs = mayBePanels(room, N, C)
    ? [0, inverse.address, onlyPanels(room, y, N, C)]
    : [y.address, inverse.address, 0];
  room.launches.launch("rms_norm", blocks, 32 * NORM_ROWS, 0, [...inputs, ...outputs, N, C, eps]);
}

/** `plus`, if given, is added to dx, which the next products read as panels. */
export function rmsNormGrad(
  room: Room,
  { N, C }: { N: number; C: number },
  x: CudaPiece,
  w: CudaPiece,
  inverse: CudaPiece,
  dy: CudaPiece,
  dx: CudaPiece,
  dw: CudaPiece,
  plus: CudaPiece | null = null,
): void {
  if (N === 0) {
    room.launches.clear(dw.address, 4 * C);
    return;
  }
  const width = C % 4 === 0 ? NORM_WIDTHS.find((most) => C <= most) : undefined;
  const fits = width !== undefined;
  const blocks = Math.min(divideUp(N, NORM_ROWS), fits ? 2 * room.info.processors : 64);
  withScratch(room, 4 * blocks * C, `parts of a norm's gradient [${blocks},${C}]`, ({ address: partial }) => {
    const usesPanels = fits && mayBePanels(room, N, C);
    const dyPanels = usesPanels && dy.isPanelled && dy.panels !== null ? dy.panels.address : 0;
    const inputs = [x, w, inverse].map((piece) => floatsOf(room, piece));
    const pointers = [...inputs, dyPanels === 0 ? floatsOf(room, dy) : 0, plus === null ? 0 : floatsOf(room, plus)];
    const panels = usesPanels ? placePanels(room, dx, 1, N, C).address : 0;
    const values = [...pointers, dx.address, partial, panels, dyPanels, N, C];
    if (fits) room.launches.launch(`rms_norm_grad_${width}`, blocks, 32 * NORM_ROWS, 0, values);
    else {
      room.launches.launch("rms_norm_dx", Math.min(divideUp(N, NORM_ROWS), 4096), 32 * NORM_ROWS, 0, values);
      room.launches.launch("rms_norm_dw", [divideUp(C, 128), blocks, 1], 128, 0, values);
    }
    room.launches.launch("add_rows", divideUp(C, 32), 256, 0, [partial, dw.address, blocks, C]);
  });
}

export function rope(
  room: Room,
  { N, heads, D, sign }: { N: number; heads: number; D: number; sign: number },
  [positions, cosine, sine]: readonly [Int32Array, Float32Array, Float32Array],
  x: CudaPiece,
  y: CudaPiece,
): void {
  const half = D / 2;
  const isWide = half % 4 === 0;
  const total = N * heads * (isWide ? half / 4 : half);
  if (total === 0) return;
  const tables = [room.argument(positions), room.table(cosine), room.table(sine)];
  if (x.isPanelled && x.panels !== null && 32 % half === 0 && half >= 8) {
    const { address, columns } = x.panels;
    const values = [...tables, address, onlyPanels(room, y, N, columns), N, columns / 64, half, sign];
    room.launches.launch("rope_panels", Math.min(divideUp((N * columns) / 16, 256), 65_535), 256, 0, values);
    return;
  }
  const values = [...tables, floatsOf(room, x), y.address, N, heads, half, sign];
  room.launches.launch(isWide ? "rope_fours" : "rope_pairs", Math.min(divideUp(total, 256), 65_535), 256, 0, values);
}

export function embedding(room: Room, C: number, ids: Int32Array, table: CudaPiece, y: CudaPiece): void {
  const N = ids.length;
  if (N * C === 0) return;
  const blocks = Math.min(divideUp(N * (C % 4 === 0 ? C / 4 : C), 256), 65_535);
  room.launches.launch("embedding", blocks, 256, 0, [room.argument(ids), floatsOf(room, table), y.address, N, C]);
}

/** Add the rows of the gradient to the table's rows in token order; the host sorts the tokens by id. */
export function embeddingGrad(
  room: Room,
  { C, V }: { C: number; V: number },
  ids: Int32Array,
  dy: CudaPiece,
  dTable: CudaPiece,
): void {
  if (V * C === 0) return;
  const lists = tokensById(ids, V);
  withScratch(room, lists.byteLength, `${ids.length} tokens sorted by id`, (piece) => {
    room.upload(piece, lists);
    const from = floatsOf(room, dy);
    const order = piece.address + 4 * (V + 1);
    room.launches.launch("embedding_grad", V, 256, 0, [piece.address, order, from, dTable.address, C]);
  });
}
