/**
 * @file `C (+)= op(A) op(B)`: a tile of C per workgroup of 256 threads, operands in workgroup memory with one line per
 * channel (a vec4 is four rows), a block of C in each thread's registers.
 *
 * In each step half of the threads fetch A and half fetch B, one block of 4 x 4 per thread, which is transposed in registers if
 * K is the contiguous axis of the source. The next step's block is fetched while this one is multiplied. Columns are
 * permuted by an exclusive or, so that neither writing nor reading has bank conflicts. Remainders that change no value
 * show the compiler the bounds of an index; otherwise it checks every access to workgroup memory.
 *
 * Small outputs take tiles of 32 x 32: four groups of 64 threads each multiply a quarter of a step's channels, and the
 * four sums are added at the end.
 */

import type { KernelSource } from "../command-queue";
import { each, forEach, range, reads, VEC4, writes } from "./text";

export interface GemmVariant {
  transposeA: boolean;
  transposeB: boolean;
  /** groups of threads that share the channels; 4: tiles of 32 x 32, with one vec4 of rows and of columns per thread */
  groups: 1 | 4;
  /** vec4 of rows and of columns per thread, 1 or 2: tiles of 64 x 64, 128 x 64 or 128 x 128 */
  rowParts: 1 | 2;
  columnParts: 1 | 2;
  /** rows of the stored array are multiples of four numbers: loads and stores of a vec4 */
  vectorA: boolean;
  vectorB: boolean;
  vectorC: boolean;
}

export function gemmKernel(variant: GemmVariant): KernelSource {
  const { transposeA, transposeB, groups, rowParts, columnParts, vectorA, vectorB, vectorC } = variant;
  const side = groups === 4 ? 8 : 16; // a group has side x side threads
  const depth = groups === 4 ? 64 : rowParts === 1 && columnParts === 1 ? 32 : 16;
  const [acrossA, acrossB] = [side * rowParts, side * columnParts]; // vec4 of rows of A, of columns of B
  const deep = depth / 4; // blocks along K
  const permute = (kb: string) => (groups === 4 ? `(${kb} & 7u)` : `(2u * ${kb})`);
  const [blocksA, blocksB] = [acrossA * deep, acrossB * deep];
  const kRunsA = !transposeA; // K is the contiguous axis of the stored A, [M, K] or [K, M]
  const kRunsB = transposeB; //  K is the contiguous axis of the stored B, [K, N] or [N, K]
  const place = (kRuns: boolean, block: string, across: number) =>
    kRuns
      ? `kb = ${block} % ${deep}u; rb = ${block} / ${deep}u;`
      : `rb = ${block} % ${across}u; kb = ${block} / ${across}u;`;
  const cells = range(4 * rowParts).flatMap((row) =>
    range(columnParts).map((column) => ({ row, column, name: `c${row}_${column}` })),
  );
  return {
    arrays: [
      reads("A", vectorA ? VEC4 : "f32"),
      reads("B", vectorB ? VEC4 : "f32"),
      writes("C", vectorC ? VEC4 : "f32"),
    ],
    // of `parts` sums over K, each over `partK` channels; a0, b0 and c0 are the first indices of the operands
    uniforms: ["M", "N", "K", "partK", "parts", "accumulate", "batch", "a0", "b0", "c0", "rowsFirst"].map(
      (name) => `${name}: u32`,
    ),
    code: `
var<workgroup> As: array<${VEC4}, ${depth * acrossA}>;
var<workgroup> Bs: array<${VEC4}, ${depth * acrossB}>;
${loadFour("A", vectorA)}
${loadFour("B", vectorB)}
${fetchBlock("A", kRunsA, "u.M")}
${fetchBlock("B", kRunsB, "u.N")}
fn store(base: u32, row: u32, column: u32, x: ${VEC4}) {
  if (row >= u.M || column >= u.N) { return; }
  let at = base + row * u.N + column;
  ${
    vectorC
      ? "if (u.accumulate == 1u) { C[at / 4u] += x; } else { C[at / 4u] = x; }"
      : `for (var i = 0u; i < min(4u, u.N - column); i++) {
    if (u.accumulate == 1u) { C[at + i] += x[i]; } else { C[at + i] = x[i]; }
  }`
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = w.z / u.parts;
  let part = w.z % u.parts;
  // neighbouring workgroups share the longer operand's part
  let m0 = select(w.y, w.x, u.rowsFirst == 1u) * ${4 * acrossA}u;
  let n0 = select(w.x, w.y, u.rowsFirst == 1u) * ${4 * acrossB}u;
  let lo = part * u.partK;
  let to = min(u.K, lo + u.partK);
  let isA = t < ${blocksA}u;
  let isB = t >= ${blocksA}u && t < ${blocksA + blocksB}u;
  var kb: u32;
  var rb: u32;
  if (isA) { ${place(kRunsA, "t", acrossA)} } else { let block = t - ${blocksA}u; ${place(kRunsB, "block", acrossB)} }
  let baseA = u.a0 + b * u.M * u.K;
  let baseB = u.b0 + b * u.N * u.K;
  let row = select(n0, m0, isA) + 4u * rb;
  let atA = ${4 * acrossA}u * (kb % ${deep}u) + (rb ^ ${permute("kb")}) % ${acrossA}u;
  let atB = ${4 * acrossB}u * (kb % ${deep}u) + (rb ^ ${permute("kb")}) % ${acrossB}u;
  let tx = t % ${side}u;
  let ty = t / ${side}u % ${side}u;
  let group = t / ${side * side}u;
  ${cells.map(({ name }) => `var ${name} = ${VEC4}();`).join(" ")}
  var next: mat4x4<f32>;
  for (var k = lo; ; k += ${depth}u) {
    if (k < to) {
      if (isA) { next = fetchA(baseA, row, k + 4u * kb); } else if (isB) { next = fetchB(baseB, row, k + 4u * kb); }
    }
    if (k > lo) {
      for (var i = 0u; i < ${deep / groups}u; i++) {
        let block = group * ${deep / groups}u + i;
        let ca = (ty ^ ${permute("block")}) % ${side}u;
        let cb = (tx ^ ${permute("block")}) % ${side}u;
        ${multiplyBlock(side, rowParts, columnParts)}
      }
    }
    if (k >= to) { break; }
    workgroupBarrier();
    if (isA) {
      ${each(4, (i) => `As[atA + ${i * acrossA}u] = next[${i}];`)}
    } else if (isB) {
      ${each(4, (i) => `Bs[atB + ${i * acrossB}u] = next[${i}];`)}
    }
    workgroupBarrier();
  }
  let out = u.c0 + (part * u.batch + b) * u.M * u.N;
  ${
    groups === 4
      ? `workgroupBarrier();
  let place = t % 64u + 256u * (group % 2u);
  if (group < 2u) { ${each(4, (i) => `As[place + ${64 * i}u] = c${i}_0;`)} } else { ${each(4, (i) => `Bs[place + ${64 * i}u] = c${i}_0;`)} }
  workgroupBarrier();
  let sum = As[t] + As[t + 256u] + Bs[t] + Bs[t + 256u]; // row \`group\` of the thread's block
  store(out, m0 + ty * 4u + group, n0 + tx * 4u, sum);`
      : cells
          .map(({ row, column, name }) => {
            const at = `m0 + ty * 4u + ${(row & 3) + 64 * (row >> 2)}u, n0 + tx * 4u + ${64 * column}u`;
            return `store(out, ${at}, ${name});`;
          })
          .join("\n  ")
  }
}`,
  };
}

/** Four numbers from (row, column) on, of an array as stored; 0 outside. */
function loadFour(name: string, isVector: boolean): string {
  return `
fn load${name}(base: u32, row: u32, column: u32, rows: u32, columns: u32) -> ${VEC4} {
  if (row >= rows || column >= columns) { return ${VEC4}(); }
  let at = base + row * columns + column;
  ${
    isVector
      ? `return ${name}[at / 4u];`
      : `let left = columns - column;
  var x = ${VEC4}(${name}[at], 0.0, 0.0, 0.0);
  if (left > 1u) { x.y = ${name}[at + 1u]; }
  if (left > 2u) { x.z = ${name}[at + 2u]; }
  if (left > 3u) { x.w = ${name}[at + 3u]; }
  return x;`
  }
}`;
}

/** A block of four rows and four channels: one vec4 of rows per channel. */
function fetchBlock(name: string, kRuns: boolean, rows: string): string {
  const four = (line: (i: number) => string) => `mat4x4<f32>(${range(4).map(line).join(", ")})`;
  const block = kRuns
    ? `transpose(${four((i) => `load${name}(base, row + ${i}u, k, ${rows}, u.K)`)})`
    : four((i) => `load${name}(base, k + ${i}u, row, u.K, ${rows})`);
  return `fn fetch${name}(base: u32, row: u32, k: u32) -> mat4x4<f32> { return ${block}; }`;
}

/** Four channels of the tile, from this block of workgroup memory. */
function multiplyBlock(side: number, rowParts: number, columnParts: number): string {
  const channels = range(4).map((channel) => {
    const load = (name: "a" | "b", parts: number) =>
      range(parts).map((part) => {
        const at = side * (channel * parts + part);
        return `let ${name}${part} = ${name.toUpperCase()}s[${4 * side * parts}u * block + ${at}u + c${name}];`;
      });
    const loads = [...load("a", rowParts), ...load("b", columnParts)];
    const sums = range(4 * rowParts).flatMap((i) =>
      range(columnParts).map((j) => `c${i}_${j} = fma(${VEC4}(a${i >> 2}.${"xyzw"[i & 3]}), b${j}, c${i}_${j});`),
    );
    return `{ ${[...loads, ...sums].join(" ")} }`;
  });
  return channels.join("\n        ");
}

/** `y (+)=` the sum of `parts` consecutive arrays of `n` numbers, in order. */
export function addParts(): KernelSource {
  return {
    arrays: [reads("part"), writes("y")],
    uniforms: ["n: u32", "parts: u32", "accumulate: u32", "y0: u32"],
    code: forEach(`
  var sum = 0.0;
  if (u.accumulate == 1u) { sum = y[u.y0 + i]; }
  for (var p = 0u; p < u.parts; p++) { sum += part[p * u.n + i]; }
  y[u.y0 + i] = sum;`),
  };
}
