/**
 * @file Matrix products: selects the kernel, the tile and the number of parts.
 *
 * Large tiles where they fill the card, small ones otherwise. A long sum over few tiles is split into parts, which are
 * added in a fixed order, so the bytes are the same in every run.
 */

import type { Product } from "../device/operands";
import type { GemmTile, KernelFunction, Order, WideTile } from "./kernel-arguments";
import { BLOCK_COLUMNS, blocksOf, floatsOf, mayBePanels, onlyPanels, panelsOf, tf32PanelsOf } from "./panels";
import { type CudaPiece, divideUp, type Panels, type Room, roundUp, withScratch } from "./room";

/** @param mayRound - C may be stored in bf16: nothing is added to it later, and it is no gradient of a weight */
export function multiply(room: Room, p: Product, A: CudaPiece, B: CudaPiece, C: CudaPiece, mayRound = false): void {
  const { batch, M, N, K } = p;
  if (batch === 0 || M === 0 || N === 0) return;
  if (K === 0) {
    if (!p.accumulate) room.launches.clear(C.address, 4 * batch * M * N);
    return;
  }
  if (batch > 65_535) throw new RangeError(`cuda: a product of ${batch} matrices at once; at most 65,535`);
  const [rowsA, rowsB] = [p.transposeA ? K : M, p.transposeB ? N : K];
  if (A === B && rowsA !== rowsB) {
    // a tensor has panels of one shape only, so the reshaped operand is copied
    withScratch(room, 4 * batch * N * K, `a reshaped operand [${batch},${N},${K}]`, (copy) => {
      room.launches.copy(floatsOf(room, B), copy.address, 4 * batch * N * K);
      multiply(room, p, A, copy, C, mayRound);
    });
  } else if (widePays(room, p)) multiplyWide(room, p, [{ A, B, K }], C, mayRound && batch === 1 && !p.accumulate);
  else if (room.precision === "bf16") multiplyPanels(room, p, A, B, C);
  else multiplyFloats(room, p, A, B, C);
}

/** One of several products that are added: `A` is `[M, K]` and `B` is `[K, N]`. */
export interface Term {
  A: CudaPiece;
  B: CudaPiece;
  K: number;
}

/** `C = Σ A B`; where possible (at most three products), C is written once and stored in bf16. */
export function multiplySum(room: Room, M: number, N: number, terms: readonly Term[], C: CudaPiece): void {
  const products = terms.map(({ K }, i) => {
    return { batch: 1, M, N, K, transposeA: false, transposeB: false, accumulate: i > 0 };
  });
  if (terms.length <= 3 && M > 0 && N > 0 && products.every((p) => widePays(room, p)))
    multiplyWide(room, products[0], terms, C, true);
  else for (const [i, { A, B }] of terms.entries()) multiply(room, products[i], A, B, C);
}

function orderOf({ transposeA, transposeB }: Product): Order {
  return `${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`;
}

// ------------------------------------------------------------------------------------------------------ float32 and tf32

/** Rows x columns of C per thread block. */
const TILES = {
  small: { BM: 64, BN: 64, threads: 128 },
  middle: { BM: 128, BN: 128, threads: 256 },
  large: { BM: 128, BN: 256, threads: 256 },
} as const;

/** Channels of one panel in shared memory. */
const DEPTH = 16;

function multiplyFloats(room: Room, p: Product, A: CudaPiece, B: CudaPiece, C: CudaPiece): void {
  const precision = room.precision === "float32" ? "f32" : "tf32";
  const [a, b] = [floatsOf(room, A), floatsOf(room, B)];
  const vectorA = (p.transposeA ? p.M : p.K) % 4 === 0;
  const vectorB = (p.transposeB ? p.K : p.N) % 4 === 0;
  const streams = vectorA && vectorB;
  const size = tileSize(room, p, streams && precision === "tf32");
  const { BM, BN, threads } = TILES[size];
  const floats = (transposed: boolean, R: number) => (transposed ? DEPTH * (R + 8) : R * (DEPTH + 4));
  const sharedBytes = (streams ? 4 : 2) * 4 * (floats(p.transposeA, BM) + floats(!p.transposeB, BN));
  const tile = `gemm_${streams ? "stream" : "any"}_${precision}_${size}` as GemmTile;
  const name: KernelFunction = `${tile}_${orderOf(p)}`;
  const vectors = [vectorA ? 1 : 0, vectorB ? 1 : 0];
  inParts(room, p, C, { BM, BN, depth: DEPTH }, (to, accumulate, parts, partK) => {
    const [tilesM, tilesN] = [divideUp(p.M, BM), divideUp(p.N, BN)];
    const sizes = [p.M, p.N, p.K, parts, partK, accumulate, ...vectors, p.N % 2 === 0 ? 1 : 0, tilesM, tilesN];
    const grid = [tilesM * tilesN, 1, p.batch * parts] as const;
    room.launches.launch(name, grid, threads, sharedBytes, [a, b, to, ...sizes, 0, 0, 0, 0]);
  });
}

function tileSize(room: Room, { batch, M, N, K }: Product, mayBeLarge: boolean): keyof typeof TILES {
  const fills = divideUp(M, 128) * divideUp(N, 128) * batch >= room.info.processors;
  if (!((fills || K >= 4096) && M > 64 && N > 64)) return "small";
  const computed = roundUp(N, 256); // computing beyond the matrix costs time too
  const LARGE_SHARED = 4 * 4 * DEPTH * (128 + 8 + 256 + 8); // for the operand order that needs the most
  return mayBeLarge && computed * 10 <= N * 12 && LARGE_SHARED <= room.info.sharedBytes ? "large" : "middle";
}

/** Split K into parts if there are few tiles; `launch` writes to C, or to partial sums that are added afterwards. */
function inParts(
  room: Room,
  p: Product,
  C: CudaPiece,
  { BM, BN, depth }: { BM: number; BN: number; depth: number },
  launch: (to: number, accumulate: number, parts: number, partK: number) => void,
): void {
  const tiles = divideUp(p.M, BM) * divideUp(p.N, BN) * p.batch;
  const n = p.M * p.N;
  let parts = 1;
  if (p.batch === 1 && tiles < room.info.processors) {
    parts = Math.min(Math.floor((2 * room.info.processors) / tiles), Math.floor(p.K / 256)); // at least 256 channels each
    while (parts > 1 && parts * n > 2 ** 27) parts = Math.floor(parts / 2);
  }
  const partK = roundUp(divideUp(p.K, Math.max(1, parts)), depth);
  parts = divideUp(p.K, partK);
  const accumulate = p.accumulate ? 1 : 0;
  if (parts === 1) launch(C.address, accumulate, 1, partK);
  else addParts(room, p, parts, C, (sums) => launch(sums, 0, parts, partK));
}

function addParts(room: Room, p: Product, parts: number, C: CudaPiece, launch: (sums: number) => void): void {
  const n = p.M * p.N;
  withScratch(room, 4 * parts * n, `a product of [${p.M},${p.N}] in ${parts} parts`, ({ address }) => {
    launch(address);
    const values = [address, C.address, n, parts, p.accumulate ? 1 : 0];
    room.launches.launch("add_parts", Math.min(divideUp(n, 256), 4096), 256, 0, values);
  });
}

// ---------------------------------------------------------------------------------------------------------------- panels

function operands(room: Room, p: Product, A: CudaPiece, B: CudaPiece): { a: Panels; b: Panels } {
  const shapeA = [p.batch, ...(p.transposeA ? [p.K, p.M] : [p.M, p.K])] as [number, number, number];
  const shapeB = [p.batch, ...(p.transposeB ? [p.N, p.K] : [p.K, p.N])] as [number, number, number];
  // in tf32, channels are contiguous in both; the first operand of a gradient's product is needed as it is and turned
  const isGradient = !p.transposeB;
  if (room.precision === "tf32") {
    const a = tf32PanelsOf(room, A, shapeA, p.transposeA, isGradient);
    return { a, b: tf32PanelsOf(room, B, shapeB, !p.transposeB, false) };
  }
  return { a: panelsOf(room, A, ...shapeA), b: panelsOf(room, B, ...shapeB) };
}

/** With mma.sync, on any card. */
function multiplyPanels(room: Room, p: Product, A: CudaPiece, B: CudaPiece, C: CudaPiece): void {
  const { a, b } = operands(room, p, A, B);
  const sizes = [a.padded, b.padded, blocksOf(a), blocksOf(b)];
  const size = tileSize(room, p, false) === "small" ? "small" : "middle";
  const { BM, BN, threads } = TILES[size];
  const name: KernelFunction = `gemm_panels_${size}_${orderOf(p)}`;
  inParts(room, p, C, { BM, BN, depth: 64 }, (to, accumulate, parts, partK) => {
    const [tilesM, tilesN] = [divideUp(p.M, BM), divideUp(p.N, BN)];
    const values = [
      a.address,
      b.address,
      to,
      p.M,
      p.N,
      p.K,
      parts,
      partK,
      accumulate,
      0,
      0,
      p.N % 2 === 0 ? 1 : 0,
      tilesM,
      tilesN,
    ];
    const grid = [tilesM * tilesN, 1, p.batch * parts] as const;
    room.launches.launch(name, grid, threads, 3 * (BM + BN) * 128, [...values, ...sizes]);
  });
}

/**
 * Whether a product is large enough for Hopper's large tiles.
 *
 * In tf32 the packing must also cost less than it saves. It reads and writes 8 (M + N) K bytes at most, of which half is
 * for other products too, at 3e12 bytes/s. The tiles save 2 M N K (1 / 115 - 1 / 240) 1e-12 s (115 TFLOP/s measured with
 * mma.sync, 240 expected). Both are equal at M N / (M + N) = 150.
 */
function widePays(room: Room, { batch, M, N, K }: Product): boolean {
  if (!room.isHopper || room.precision === "float32") return false;
  if (room.wideFrom === 0) return true;
  if (room.precision === "tf32" && M * N < 150 * (M + N)) return false;
  return M > 64 && N > 64 && K >= 128 && 2 * batch * M * N * K >= room.wideFrom;
}

/**
 * Widths of a tile: blocks per multiprocessor, threads, stages, bytes of shared memory for results and alignment. Clocks
 * for a block of channels (64 of bf16 or 32 of tf32), also of a block of threads that is alone on its multiprocessor, and
 * for writing a column; fitted to products of llama140M on an H100.
 */
const WIDE = {
  256: { blocks: 1, threads: 384, stages: 4, results: 32_768 + 1024, clocks: 1190, alone: 1190, writing: 8 },
  192: { blocks: 1, threads: 384, stages: 4, results: 32_768 + 1024, clocks: 885, alone: 885, writing: 9 },
  128: { blocks: 2, threads: 288, stages: 3, results: 16_384 + 896, clocks: 850, alone: 1200, writing: 4 },
} as const;

type Width = keyof typeof WIDE;

/** With Hopper's warp groups: the sum of the terms' products, whose shapes differ from `p` in K only. */
function multiplyWide(room: Room, p: Product, terms: readonly Term[], C: CudaPiece, mayRound: boolean): void {
  const isTf32 = room.precision === "tf32";
  const channels = BLOCK_COLUMNS[isTf32 ? "tf32" : "bf16"];
  const packed = terms.map(({ A, B, K }) => operands(room, { ...p, K }, A, B));
  const ends: number[] = []; // of each term, in blocks of channels
  for (const { K } of terms) ends.push((ends[ends.length - 1] ?? 0) + divideUp(K, channels));
  const blocksK = ends[ends.length - 1];
  const chosen = wideTile(room, p, blocksK);
  const { width } = chosen;
  const partK = divideUp(blocksK, chosen.parts);
  const parts = divideUp(blocksK, partK);
  const [tilesM, tilesN] = [divideUp(p.M, 128), divideUp(p.N, width)];
  const tiles = tilesM * tilesN * parts * p.batch;
  const { blocks, threads, stages, results } = WIDE[width];
  const sharedBytes = stages * (128 + width) * 128 + results + 2 * stages * 8;
  const name: KernelFunction = isTf32 ? `gemm_wide_tf32_${width}` : `${`gemm_wide_${width}` as WideTile}_${orderOf(p)}`;
  const three = (of: (n: number) => number | undefined) => [0, 1, 2].map((n) => of(n) ?? 0);
  const addresses = [...three((n) => packed[n]?.a.address), ...three((n) => packed[n]?.b.address)];
  const { a, b } = packed[0];
  const padded = [a.padded, blocksOf(a), blocksOf(b), ...three((n) => packed[n]?.b.padded)];
  const launch = (to: number, accumulate: number, panels = 0) => {
    const shape = [p.M, p.N, tilesM, tilesN, parts, blocksK, partK, tiles];
    const until = [ends[0], ends[1] ?? blocksK];
    const values = [...addresses, to, panels, ...shape, ...padded, ...until, accumulate, p.N % 4 === 0 ? 1 : 0];
    room.launches.launch(name, Math.min(tiles, room.info.processors * blocks), threads, sharedBytes, values);
  };
  if (parts === 1 && mayRound && mayBePanels(room, p.M, p.N)) launch(0, 0, onlyPanels(room, C, p.M, p.N));
  else if (parts === 1) launch(C.address, p.accumulate ? 1 : 0);
  else addParts(room, p, parts, C, (sums) => launch(sums, 0));
}

/** The tile width and number of parts with the lowest cost, in clocks of a multiprocessor. */
function wideTile(room: Room, { batch, M, N }: Product, blocksK: number): { width: Width; parts: number } {
  let best: { width: Width; parts: number } = { width: 256, parts: 1 };
  let least = Number.POSITIVE_INFINITY;
  const n = M * N;
  for (const width of [256, 192, 128] as const) {
    for (let parts = 1; parts <= (batch === 1 ? 16 : 1); parts++) {
      if (parts > 1 && (blocksK / parts < 8 || parts * n > 2 ** 27)) break;
      const tiles = divideUp(M, 128) * divideUp(N, width) * batch * parts;
      const { blocks, clocks, alone, writing } = WIDE[width];
      const mine = divideUp(tiles, room.info.processors); // tiles per multiprocessor
      const single = mine % blocks;
      const multiplying =
        divideUp(blocksK, parts) * ((mine - single) * clocks + single * alone) + mine * width * writing;
      const adding = parts > 1 ? (n * (parts + 1) * 4) / 1400 + 5000 : 0; // 1,400 bytes per clock of the whole card
      if (multiplying + adding < least) {
        least = multiplying + adding;
        best = { width, parts };
      }
    }
  }
  return best;
}

/** Precision in the names of the kernels. */
export function kernelPrecision(room: Room): "f32" | "tf32" | "bf16" {
  return room.precision === "float32" ? "f32" : room.precision;
}
