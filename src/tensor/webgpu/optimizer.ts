/** @file AdamW over all weights, and the norm of all gradients, without waiting in between. */

import type { AdamWPieces, Block, DevicePart } from "../device";
import type { Clipping } from "../fused/kernel-host";
import type { GpuPiece } from "./command-queue";
import { MOST_GROUPS } from "./command-queue";
import * as kernels from "./kernels/elementwise";
import { MOST_WEIGHTS, SQUARED_AT_ONCE, SQUARED_CHUNK } from "./kernels/elementwise";
import { divideUp, type Room, withScratch } from "./room";

/** The sum of all squares in one number. @returns its block, which the caller releases */
export function sumOfSquares(room: Room, parts: readonly DevicePart<GpuPiece>[]): Block<GpuPiece> {
  const result = room.memory.allocate(4, "a sum of squares");
  const chunks = parts.map(({ length }) => divideUp(length, SQUARED_CHUNK));
  const count = chunks.reduce((a, b) => a + b, 0);
  withScratch(room, 4 * count, "sums of squares", (sums) => {
    let at = 0;
    const atOnce = Math.min(SQUARED_AT_ONCE, room.limits.maxStorageBuffersPerShaderStage - 1);
    for (let from = 0; from < parts.length; from += atOnce) {
      const some = parts.slice(from, from + atOnce);
      const uniforms: number[] = [];
      for (const [i, { length }] of some.entries()) {
        uniforms.push(length, at);
        at += chunks[from + i];
      }
      const most = Math.max(...chunks.slice(from, from + some.length));
      const pieces = [...some.map(({ piece }) => piece), sums];
      const source = () => kernels.sumsOfSquares(some.length);
      room.queue.launch(`sums of squares ${some.length}`, source, pieces, uniforms, [most, some.length, 1]);
    }
    room.queue.launch("scaled sum", kernels.scaledSum, [sums, result.piece], [count, 1], [1, 1, 1]);
  });
  return result;
}

/** @param squares - the sum of the gradients' squares, for clipping; null: only `clipping.scale`, without a check */
export function adamw(
  room: Room,
  weights: readonly AdamWPieces<GpuPiece>[],
  squares: GpuPiece | null,
  clipping: Clipping,
): void {
  const fitting = Math.floor((room.limits.maxStorageBuffersPerShaderStage - 1) / 4);
  const atOnce = Math.max(1, Math.min(MOST_WEIGHTS, fitting));
  // weights of one launch share all but the decay
  const alike = new Map<string, AdamWPieces<GpuPiece>[]>();
  for (const weight of weights) {
    if (weight.length === 0) continue;
    const key = weight.hyper.slice(1).join();
    alike.set(key, [...(alike.get(key) ?? []), weight]);
  }
  for (const list of alike.values()) {
    for (let from = 0; from < list.length; from += atOnce) {
      launchAdamW(room, list.slice(from, from + atOnce), squares, clipping);
    }
  }
}

function launchAdamW(
  room: Room,
  weights: readonly AdamWPieces<GpuPiece>[],
  squares: GpuPiece | null,
  { scale, maxNorm }: Clipping,
): void {
  const [, beta1, beta2, eps, rate, correction] = weights[0].hyper;
  const quads = weights.map(({ length }) => divideUp(length, 4));
  const uniforms = [
    ...weights.flatMap(({ hyper }, i) => [quads[i], hyper[0]]),
    ...[beta1, 1 - beta1, beta2, 1 - beta2, eps, rate, correction, scale, maxNorm ?? -1],
    squares === null ? 0 : 1,
  ];
  const groups = divideUp(Math.max(...quads), 256);
  const z = divideUp(groups, MOST_GROUPS);
  const pieces = weights.flatMap(({ parameter, gradient, m, v }) => [parameter, gradient, m, v]);
  const launch = (last: GpuPiece) =>
    room.queue.launch(`adamw ${weights.length}`, () => kernels.adamw(weights.length), [...pieces, last], uniforms, [
      divideUp(groups, z),
      weights.length,
      z,
    ]);
  if (squares !== null) launch(squares);
  else withScratch(room, 4, "nothing", launch); // bound but not read
}
