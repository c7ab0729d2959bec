/** @file AdamW over all weights, and the norm of all gradients, in two or three launches per update without waiting. */

import type { AdamWPieces, Block, DevicePart } from "../device";
import type { Clipping } from "../fused/kernel-host";
import { type CudaPiece, type Room, withScratch } from "./room";

/** Numbers of a tensor that one thread block processes; more for large models, whose lists would take the host long. */
const PIECE = 32_768;
const MOST_PIECES = 1_024;

/** The clipping settings, or a fixed factor for the gradients. */
type Scale = { norm: CudaPiece } | { factor: number };

/**
 * `norm[0]`: the norm of all parts; `norm[1]`: the gradients' factor, NaN where the norm is not finite. Float64.
 *
 * @returns the block, which the caller releases
 */
export function gradientNorm(
  room: Room,
  parts: readonly DevicePart<CudaPiece>[],
  clipping: Clipping,
): Block<CudaPiece> {
  const norm = room.memory.allocate(16, "a norm");
  const pieces = divide(parts.map(({ length }) => length));
  const table = new Float64Array(2 * pieces.length);
  const words = new Int32Array(table.buffer);
  for (const [i, { part, from, length }] of pieces.entries()) {
    putAddress(table, 2 * i, parts[part].piece.address + 4 * from);
    words[4 * i + 2] = length;
  }
  withScratch(room, Math.max(8, table.byteLength), "the pieces of all gradients", (list) => {
    withScratch(room, Math.max(8, 8 * pieces.length), "sums of squares", (sums) => {
      if (pieces.length > 0) {
        room.upload(list, table);
        room.launches.launch("squares", pieces.length, 256, 0, [list.address, sums.address]);
      }
      const { scale, maxNorm } = clipping;
      const values = [sums.address, norm.piece.address, scale, maxNorm ?? -1, pieces.length];
      room.launches.launch("gradient_norm", 1, 256, 0, values);
    });
  });
  return norm;
}

/** Size of an `AdamWPiece` (kernels/elementwise.cuh) in units of 8 bytes. */
const ROW = 8;

/** The weights' bf16 panels, if they have any, also get the new numbers; the caller drops other panels. */
export function adamw(room: Room, weights: readonly AdamWPieces<CudaPiece>[], scale: Scale): void {
  const pieces = divide(weights.map(({ length }) => length));
  if (pieces.length === 0) return;
  const hypers = [...new Set(weights.map(({ hyper }) => hyper.join()))];
  const table = new Float64Array(ROW * pieces.length + 4 * hypers.length);
  const words = new Int32Array(table.buffer);
  for (const [i, { part, from, length }] of pieces.entries()) {
    const { parameter, m, v, gradient, hyper } = weights[part];
    [parameter, m, v, gradient].forEach((x, k) => {
      putAddress(table, ROW * i + k, x.address + 4 * from);
    });
    const { address, rows, columns } = parameter.panels ?? { address: 0, rows: 0, columns: 1 };
    putAddress(table, ROW * i + 4, address);
    words.set([length, hypers.indexOf(hyper.join()), from, rows, columns], 2 * (ROW * i + 5));
  }
  const floats = new Float32Array(table.buffer, 8 * ROW * pieces.length);
  for (const [i, text] of hypers.entries()) {
    const [decay, beta1, beta2, eps, rate, correction] = text.split(",").map(Number);
    floats.set([decay, beta1, 1 - beta1, beta2, 1 - beta2, eps, rate, correction], 8 * i);
  }
  withScratch(room, table.byteLength, "the pieces of all weights", (list) => {
    room.upload(list, table);
    const [norm, factor] = "norm" in scale ? [scale.norm.address, 0] : [0, scale.factor];
    const values = [list.address, list.address + 8 * ROW * pieces.length, norm, factor];
    room.launches.launch("adamw", pieces.length, 256, 0, values);
  });
}

function divide(lengths: readonly number[]): { part: number; from: number; length: number }[] {
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const size = PIECE * Math.max(1, Math.ceil(all / PIECE / MOST_PIECES));
  const pieces: { part: number; from: number; length: number }[] = [];
  for (const [part, total] of lengths.entries()) {
    for (let from = 0; from < total; from += size) pieces.push({ part, from, length: Math.min(size, total - from) });
  }
  return pieces;
}

/** Write an address in the place of a float64. */
function putAddress(table: Float64Array, at: number, address: number): void {
  const words = new Uint32Array(table.buffer, 8 * at, 2);
  words[0] = address % 2 ** 32;
  words[1] = address / 2 ** 32;
}
