/**
 * @file Attention over an interval mask, after FlashAttention-2 (Dao 2023, https://arxiv.org/abs/2307.08691): tiles of queries
 * and keys, never a T x T matrix, no atomics.
 *
 * 128 threads as 16 x 8: thread (ty, tx) owns rows `ty + 16 r` of the fixed tile and columns `tx + 8 j` of the moving tile. A
 * tile of keys that no query of the tile may attend to is skipped; where every query attends to every key, nothing is masked.
 * The plan for this, four numbers per tile of queries, follows the mask's numbers in the same array (../attention.ts).
 */

import type { KernelSource } from "../command-queue";
import { each, forEach, range, reads, VEC4, writes } from "./text";

export interface Tiles {
  /** rows per thread, 1 or 2; the fixed tile has 16 times as many */
  R: number;
  /** columns per thread; the moving tile has 8 times as many */
  J: number;
}

/**
 * The first that fits is used. Forward with heads of 64 on an H100, 6,144 tokens: 3.7 ms with 32 x 16, 4.4 with 32 x 32,
 * 11.7 with the 64 x 64 of attention-wide.ts.
 */
export const FORWARD_TILES: readonly Tiles[] = [
  { R: 2, J: 2 },
  { R: 1, J: 2 },
  { R: 1, J: 1 },
];
export const BACKWARD_TILES: readonly Tiles[] = [{ R: 2, J: 4 }, ...FORWARD_TILES];

/** Rows of a tile that a mask's plan is made for. */
export const PLANNED_ROWS = [8, 16, 32, 64] as const;

/** Size of workgroup memory in bytes. */
export function forwardBytes(D: number, { R, J }: Tiles): number {
  return 16 * strideOf(D) * (16 * R + 8 * J) + 4 * R * 16 * 8 * J + 4 * R * 128;
}
export function backwardBytes(D: number, { R, J }: Tiles): number {
  return 2 * 16 * strideOf(D) * (16 * R + 8 * J) + 2 * 4 * R * 16 * 8 * J;
}

/** vec4 of a head's row. */
function quadsOf(D: number): number {
  return Math.ceil(D / 4);
}

/** The same in workgroup memory: odd, so that neighbouring rows are in different banks. */
function strideOf(D: number): number {
  return quadsOf(D) | 1;
}

export const UNIFORMS = ["T: u32", "H: u32", "K: u32", "group: u32", "tiles: u32", "plan: u32", "scale: f32"];

export const SHARED = `
fn dot4(a: ${VEC4}, b: ${VEC4}, s: f32) -> f32 { return fma(a.x, b.x, fma(a.y, b.y, fma(a.z, b.z, fma(a.w, b.w, s)))); }
fn sees(i: i32, m: vec4<i32>, j: i32) -> bool { return (j >= m.x && j < m.y) || (j >= m.z && j <= i); }`;

/** One number for each of a thread's R rows. */
const vector = (R: number) => (R === 1 ? "f32" : `vec${R}<f32>`);
const component = (R: number, name: string, r: number) => (R === 1 ? name : `${name}.${"xyzw"[r]}`);
const gathered = (R: number, parts: string[]) => (R === 1 ? parts[0] : `vec${R}<f32>(${parts.join(", ")})`);

/** `load_q(batch, token, head, c)`: vec4 number c of a head's row; 0 beyond the row or the channels. */
export function loads(name: string, D: number, heads: "H" | "K"): string {
  return `
fn load_${name}(batch: u32, token: u32, head: u32, c: u32) -> ${VEC4} {
  if (token >= u.T) { return ${VEC4}(); }
  let at = ((batch * u.T + token) * u.${heads} + head) * ${D}u + 4u * c;
  ${
    D % 4 === 0
      ? `return ${name}[at / 4u];`
      : `var x = ${VEC4}(${name}[at], 0.0, 0.0, 0.0);
  if (4u * c + 1u < ${D}u) { x.y = ${name}[at + 1u]; }
  if (4u * c + 2u < ${D}u) { x.z = ${name}[at + 2u]; }
  if (4u * c + 3u < ${D}u) { x.w = ${name}[at + 3u]; }
  return x;`
  }
}`;
}

export function stores(name: string, D: number, heads: "H" | "K"): string {
  return `
fn store_${name}(batch: u32, token: u32, head: u32, c: u32, x: ${VEC4}) {
  if (token >= u.T || c >= ${quadsOf(D)}u) { return; }
  let at = ((batch * u.T + token) * u.${heads} + head) * ${D}u + 4u * c;
  ${
    D % 4 === 0
      ? `${name}[at / 4u] = x;`
      : `for (var i = 0u; i < 4u; i++) { if (4u * c + i < ${D}u) { ${name}[at + i] = x[i]; } }`
  }
}`;
}

/** Load a tile of rows into workgroup memory. */
function fill(
  target: string,
  source: string,
  D: number,
  from: string,
  rows: number,
  head: string,
  factor = "",
): string {
  const [Q, S] = [quadsOf(D), strideOf(D)];
  return `for (var i = t; i < ${rows * Q}u; i += 128u) {
      ${target}[i / ${Q}u * ${S}u + i % ${Q}u] = load_${source}(b, ${from} + i / ${Q}u, ${head}, i % ${Q}u)${factor};
    }`;
}

export function attention(D: number, { R, J }: Tiles): KernelSource {
  const [Q, S, rows, columns] = [quadsOf(D), strideOf(D), 16 * R, 8 * J];
  const cells = Math.ceil(Q / 8); // vec4 of the output per thread and row
  const V = vector(R);
  const type = D % 4 === 0 ? VEC4 : "f32";
  const grid = <T>(line: (r: number, j: number) => T) => range(R).flatMap((r) => range(J).map((j) => line(r, j)));
  const outputs = <T>(line: (r: number, c: number) => T) =>
    range(R).flatMap((r) => range(cells).map((c) => line(r, c)));
  return {
    arrays: [
      reads("q", type),
      reads("k", type),
      reads("v", type),
      reads("mask", "vec4<i32>"),
      writes("o", type),
      writes("lse"),
    ],
    uniforms: UNIFORMS,
    code: `
var<workgroup> Qs: array<${VEC4}, ${rows * S}>;
var<workgroup> Ks: array<${VEC4}, ${columns * S}>; // keys, then values
var<workgroup> Ps: array<${V}, ${columns * 16}>;
var<workgroup> perThread: array<${V}, 128>;
${loads("q", D, "H")}${loads("k", D, "K")}${loads("v", D, "K")}${stores("o", D, "H")}${SHARED}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let tile = u.tiles - 1u - w.x; // the longest rows first
  let h = w.y;
  let b = w.z;
  let kv = h / u.group;
  let tx = t % 8u;
  let ty = t / 8u;
  let q0 = tile * ${rows}u;
  let last = i32(min(q0 + ${rows}u, u.T)) - 1;
  ${fill("Qs", "q", D, "q0", rows, "h", " * u.scale")}
  ${each(R, (r) => `let i${r} = i32(q0 + ty + ${16 * r}u); let m${r} = mask[b * u.T + min(u.T - 1u, q0 + ty + ${16 * r}u)];`)}
  let plan = mask[u.plan + b * u.tiles + tile];
  var top = ${V}(-1e30);
  var sum = ${V}(0.0);
  ${outputs((r, c) => `var o${r}_${c} = ${VEC4}();`).join(" ")}
  for (var k0 = 0u; k0 < q0 + ${rows}u; k0 += ${columns}u) {
    let lo = i32(k0);
    let to = lo + ${columns};
    if (!((lo < plan.y && to > plan.x) || (to > plan.z && lo <= last))) { continue; }
    workgroupBarrier();
    ${fill("Ks", "k", D, "k0", columns, "kv")}
    workgroupBarrier();
    ${grid((r, j) => `var s${r}_${j} = 0.0;`).join(" ")}
    for (var c = 0u; c < ${Q}u; c++) {
      ${each(R, (r) => `let x${r} = Qs[(ty + ${16 * r}u) * ${S}u + c];`)}
      ${each(J, (j) => `let y${j} = Ks[(tx + ${8 * j}u) * ${S}u + c];`)}
      ${grid((r, j) => `s${r}_${j} = dot4(x${r}, y${j}, s${r}_${j});`).join(" ")}
    }
    if (!(plan.w <= lo && to - 1 <= i32(q0))) {
      ${grid((r, j) => `s${r}_${j} = select(-1e30, s${r}_${j}, sees(i${r}, m${r}, lo + i32(tx + ${8 * j}u)));`).join("\n      ")}
    }
    perThread[t] = ${gathered(
      R,
      range(R).map((r) => range(J - 1).reduce((x, j) => `max(${x}, s${r}_${j + 1})`, `s${r}_0`)),
    )};
    workgroupBarrier();
    var now = max(top, perThread[ty * 8u]);
    ${range(7)
      .map((i) => `now = max(now, perThread[ty * 8u + ${i + 1}u]);`)
      .join(" ")}
    let shrink = exp(top - now);
    top = now;
    sum *= shrink;
    ${each(J, (j) => {
      const exponentials = range(R).map(
        (r) => `select(0.0, exp(s${r}_${j} - ${component(R, "now", r)}), s${r}_${j} > -1e29)`,
      );
      return `let e${j} = ${gathered(R, exponentials)}; sum += e${j}; Ps[(tx + ${8 * j}u) * 16u + ty] = e${j};`;
    })}
    ${fill("Ks", "v", D, "k0", columns, "kv")}
    ${outputs((r, c) => `o${r}_${c} *= ${component(R, "shrink", r)};`).join(" ")}
    workgroupBarrier();
    for (var j = 0u; j < ${columns}u; j++) {
      let e = Ps[j * 16u + ty];
      ${each(cells, (c) => {
        const sums = range(R).map((r) => `o${r}_${c} = fma(${VEC4}(${component(R, "e", r)}), x${c}, o${r}_${c});`);
        return `let x${c} = Ks[j * ${S}u + min(tx + ${8 * c}u, ${Q - 1}u)]; ${sums.join(" ")}`;
      })}
    }
  }
  workgroupBarrier();
  perThread[t] = sum;
  workgroupBarrier();
  sum = perThread[ty * 8u];
  ${range(7)
    .map((i) => `sum += perThread[ty * 8u + ${i + 1}u];`)
    .join(" ")}
  let inverse = 1.0 / sum;
  let logs = top + log(sum);
  ${outputs((r, c) => `store_o(b, u32(i${r}), h, tx + ${8 * c}u, o${r}_${c} * ${component(R, "inverse", r)});`).join("\n  ")}
  if (tx == 0u) {
    ${each(R, (r) => `if (u32(i${r}) < u.T) { lse[(b * u.T + u32(i${r})) * u.H + h] = ${component(R, "logs", r)}; }`)}
  }
}`,
  };
}

/** For each token and head: the log-sum-exp, and `Σ o do`. */
export function attentionSums(D: number): KernelSource {
  return {
    arrays: [reads("o"), reads("dO"), reads("lse"), writes("sums", "vec2<f32>")],
    uniforms: ["n: u32"],
    code: forEach(
      `
  var sum = 0.0;
  for (var d = 0u; d < ${D}u; d++) { sum = fma(o[i * ${D}u + d], dO[i * ${D}u + d], sum); }
  sums[i] = vec2<f32>(lse[i], sum);`,
      64,
    ),
  };
}

/**
 * `P = exp(scale q·k - lse)`, `dP = dO·v`, `dS = P (dP - Σ o do) scale`. "dq": queries are fixed and keys
 * move, `dq = dS k`. "dkv": keys are fixed and queries move, `dv = Pᵀ dO`, `dk = dSᵀ q`, over all heads of the group in
 * order.
 */
export function attentionGrad(D: number, { R, J }: Tiles, mode: "dq" | "dkv"): KernelSource {
  const [Q, S, rows, columns] = [quadsOf(D), strideOf(D), 16 * R, 8 * J];
  const cells = Math.ceil(Q / 8);
  const V = vector(R);
  const type = D % 4 === 0 ? VEC4 : "f32";
  const isDq = mode === "dq";
  const [X, Y, U, W] = isDq ? ["q", "dO", "k", "v"] : ["k", "v", "q", "dO"]; // X and Y are fixed, U and W move
  const [stays, passes] = isDq ? ["h", "kv"] : ["kv", "h"];
  const grid = <T>(line: (r: number, j: number) => T) => range(R).flatMap((r) => range(J).map((j) => line(r, j)));
  const perQuery = (n: number, at: string) => `
      let i${n} = i32(${at});
      let m${n} = mask[b * u.T + min(u.T - 1u, ${at})];
      let st${n} = sums[(b * u.T + min(u.T - 1u, ${at})) * u.H + h];`;
  const scoreAndGradient = (r: number, j: number) => {
    const [query, key] = isDq ? [r, `i32(c0 + tx + ${8 * j}u)`] : [j, `i32(r0 + ty + ${16 * r}u)`];
    const visible = `sees(i${query}, m${query}, ${key})${isDq ? "" : ` && i${query} < i32(u.T)`}`;
    return `
      var p${r}_${j} = exp(s${r}_${j} * u.scale - st${query}.x);
      if (!isWhole) { p${r}_${j} = select(0.0, p${r}_${j}, ${visible}); }
      let d${r}_${j} = p${r}_${j} * (g${r}_${j} - st${query}.y) * u.scale;`;
  };
  const products = (sum: string, stay: string, pass: string) => `{
        ${each(R, (r) => `let x${r} = ${stay}[(ty + ${16 * r}u) * ${S}u + c];`)}
        ${each(J, (j) => `let y${j} = ${pass}[(tx + ${8 * j}u) * ${S}u + c];`)}
        ${grid((r, j) => `${sum}${r}_${j} = dot4(x${r}, y${j}, ${sum}${r}_${j});`).join(" ")}
      }`;
  const step = `
      workgroupBarrier();
      ${fill("Us", U, D, "c0", columns, passes)}
      ${fill("Ws", W, D, "c0", columns, passes)}
      workgroupBarrier();
      ${isDq ? "" : each(J, (j) => perQuery(j, `c0 + tx + ${8 * j}u`))}
      ${grid((r, j) => `var s${r}_${j} = 0.0; var g${r}_${j} = 0.0;`).join(" ")}
      for (var c = 0u; c < ${Q}u; c++) {
        ${products("s", "Xs", "Us")}
        ${products("g", "Ys", "Ws")}
      }
      ${grid(scoreAndGradient).join("")}
      ${each(J, (j) => {
        const at = `(tx + ${8 * j}u) * 16u + ty`;
        const row = (name: string) =>
          gathered(
            R,
            range(R).map((r) => `${name}${r}_${j}`),
          );
        return `Ds[${at}] = ${row("d")};${isDq ? "" : ` Ps[${at}] = ${row("p")};`}`;
      })}
      workgroupBarrier();
      for (var j = 0u; j < ${columns}u; j++) {
        let ds = Ds[j * 16u + ty];
        ${isDq ? "" : "let p = Ps[j * 16u + ty];"}
        ${each(cells, (c) => {
          const at = `j * ${S}u + min(tx + ${8 * c}u, ${Q - 1}u)`;
          const add = (sum: string, factor: string, x: string) =>
            range(R)
              .map((r) => `${sum}${r}_${c} = fma(${VEC4}(${component(R, factor, r)}), ${x}${c}, ${sum}${r}_${c});`)
              .join(" ");
          const first = `let x${c} = Us[${at}]; ${add("a", "ds", "x")}`;
          return isDq ? first : `${first} let y${c} = Ws[${at}]; ${add("b", "p", "y")}`;
        })}
      }`;
  const store = (name: string, sum: string) =>
    range(R)
      .flatMap((r) =>
        range(cells).map((c) => `store_${name}(b, r0 + ty + ${16 * r}u, ${stays}, tx + ${8 * c}u, ${sum}${r}_${c});`),
      )
      .join("\n  ");
  const walk = isDq
    ? `
  let tile = u.tiles - 1u - w.x;
  let h = w.y;
  let kv = h / u.group;
  let r0 = tile * ${rows}u;
  let last = i32(min(r0 + ${rows}u, u.T)) - 1;
  ${fill("Xs", X, D, "r0", rows, stays)}
  ${fill("Ys", Y, D, "r0", rows, stays)}
  ${each(R, (r) => perQuery(r, `r0 + ty + ${16 * r}u`))}
  let plan = mask[u.plan + b * u.tiles + tile];
  for (var c0 = 0u; c0 < r0 + ${rows}u; c0 += ${columns}u) {
    let lo = i32(c0);
    let to = lo + ${columns};
    if ((lo < plan.y && to > plan.x) || (to > plan.z && lo <= last)) {
      let isWhole = plan.w <= lo && to - 1 <= i32(r0);
      ${step}
    }
  }
  ${store("dq", "a")}`
    : `
  let r0 = w.x * ${rows}u;
  let kv = w.y;
  let lo = i32(r0);
  let to = i32(min(r0 + ${rows}u, u.T));
  ${fill("Xs", X, D, "r0", rows, stays)}
  ${fill("Ys", Y, D, "r0", rows, stays)}
  for (var h = kv * u.group; h < (kv + 1u) * u.group; h++) {
    for (var tile = r0 / ${columns}u; tile < u.tiles; tile++) {
      let c0 = tile * ${columns}u;
      let last = i32(min(c0 + ${columns}u, u.T)) - 1;
      let plan = mask[u.plan + b * u.tiles + tile];
      if ((lo < plan.y && to > plan.x) || (to > plan.z && lo <= last)) {
        let isWhole = plan.w <= lo && lo + ${rows - 1} <= i32(c0) && c0 + ${columns}u <= u.T;
        ${step}
      }
    }
  }
  ${store("dk", "a")}
  ${store("dv", "b")}`;
  return {
    arrays: [
      ...["q", "k", "v", "dO"].map((name) => reads(name, type)),
      reads("sums", "vec2<f32>"),
      reads("mask", "vec4<i32>"),
      ...(isDq ? ["dq"] : ["dk", "dv"]).map((name) => writes(name, type)),
    ],
    uniforms: UNIFORMS,
    code: `
var<workgroup> Xs: array<${VEC4}, ${rows * S}>;
var<workgroup> Ys: array<${VEC4}, ${rows * S}>;
var<workgroup> Us: array<${VEC4}, ${columns * S}>;
var<workgroup> Ws: array<${VEC4}, ${columns * S}>;
var<workgroup> Ds: array<${V}, ${columns * 16}>;
${isDq ? "" : `var<workgroup> Ps: array<${V}, ${columns * 16}>;`}
${loads("q", D, "H")}${loads("dO", D, "H")}${loads("k", D, "K")}${loads("v", D, "K")}
${isDq ? stores("dq", D, "H") : stores("dk", D, "K") + stores("dv", D, "K")}${SHARED}
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = w.z;
  let tx = t % 8u;
  let ty = t / 8u;
  ${range(R)
    .flatMap((r) => range(cells).map((c) => `var a${r}_${c} = ${VEC4}();${isDq ? "" : ` var b${r}_${c} = ${VEC4}();`}`))
    .join(" ")}
  ${walk}
}`,
  };
}
