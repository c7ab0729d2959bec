/**
 * @file Attention's gradients for heads of 64 or 128 channels, in tiles of 64 queries and 64 keys; otherwise as in
 * attention.ts.
 *
 * 256 threads as 16 x 16: thread (ty, tx) owns rows `ty + 16 r` of the fixed tile and columns `tx + 16 j` of the moving
 * tile, r and j below 4. Scores are computed from 16 channels at a time, as in a matrix product: the next channels are
 * fetched while these are multiplied. So 32 KB of workgroup memory hold the tiles of both products. The rows
 * that P or dS multiply are read from memory, which the cache of a processor serves: all threads read the same 64 rows.
 *
 * Columns of workgroup memory are permuted by an exclusive or, so that neighbouring threads use different banks. The
 * remainders show the compiler the bounds of an index; otherwise it checks every access.
 */

import type { KernelSource } from "../command-queue";
import { loads, SHARED, stores, UNIFORMS } from "./attention";
import { each, range, reads, VEC4, writes } from "./text";

/** Queries, and keys, per tile. */
export const WIDE_ROWS = 64;
/** Bytes of workgroup memory. */
export const WIDE_BYTES = 32_768;

/** Whether a head of this width is supported. */
export function isWide(D: number): boolean {
  return D === 64 || D === 128;
}

const R = 4;
const grid = <T>(line: (r: number, j: number) => T) => range(R).flatMap((r) => range(R).map((j) => line(r, j)));

/**
 * `P = exp(scale q·k - lse)`, `dP = dO·v`, `dS = P (dP - Σ o do) scale`. "dq": queries are fixed and keys move,
 * `dq = dS k`. "dkv": keys are fixed and queries move, `dv = Pᵀ dO`, `dk = dSᵀ q`, over all heads of the group in order.
 */
export function wideAttentionGrad(D: number, mode: "dq" | "dkv"): KernelSource {
  const cells = range(D / 64); // vec4 of an output row per thread
  const isDkv = mode === "dkv";
  // operands of the scores, and of dP: fixed, then moving
  const pairs = isDkv
    ? [
        ["k", "q"],
        ["v", "dO"],
      ]
    : [
        ["q", "k"],
        ["dO", "v"],
      ];
  const [stays, passes] = isDkv ? ["kv", "h"] : ["h", "kv"];
  const sums = isDkv ? ["a", "b"] : ["a"];
  const outputs = <T>(line: (r: number, c: number) => T) => range(R).flatMap((r) => cells.map((c) => line(r, c)));

  const fetch = (c: string) =>
    pairs
      .map(
        ([x, y], i) =>
          `x${i} = load_${x}(b, r0 + row, ${stays}, ${c}); y${i} = load_${y}(b, c0 + row, ${passes}, ${c});`,
      )
      .join("\n      ");
  const scores = `
      ${grid((r, j) => `var s${r}_${j} = 0.0; var g${r}_${j} = 0.0;`).join(" ")}
      ${pairs.map((_, i) => `var x${i}: ${VEC4}; var y${i}: ${VEC4};`).join(" ")}
      ${fetch("quad")}
      for (var chunk = 1u; chunk <= ${D / 16}u; chunk++) {
        workgroupBarrier();
        ${pairs.map((_, i) => `Xs${i}[put] = x${i}; Ys${i}[put] = y${i};`).join(" ")}
        workgroupBarrier();
        if (chunk < ${D / 16}u) {
          ${fetch("quad + 4u * chunk")}
        }
        for (var c = 0u; c < 4u; c++) {
          let xAt = 4u * ty + (c ^ (ty >> 1u)) % 4u;
          let yAt = 4u * tx + (c ^ (tx >> 1u)) % 4u;
          ${pairs
            .map(
              (_, i) => `{
            ${each(R, (r) => `let x${r} = Xs${i}[xAt + ${64 * r}u]; let y${r} = Ys${i}[yAt + ${64 * r}u];`)}
            ${grid((r, j) => `${"sg"[i]}${r}_${j} = dot4(x${r}, y${j}, ${"sg"[i]}${r}_${j});`).join(" ")}
          }`,
            )
            .join("\n          ")}
        }
      }`;
  /** Write one of the thread's 4 x 4 blocks for `product`. */
  const share = (name: string) =>
    each(
      R,
      (j) =>
        `Ps[16u * (tx + ${16 * j}u) + (ty ^ tx) % 16u] = ${VEC4}(${range(R)
          .map((r) => `${name}${r}_${j}`)
          .join(", ")});`,
    );
  const headsOf = (name: string) => (["k", "v", "dk", "dv"].includes(name) ? "K" : "H");
  /** `sum += Σ_j Ps[j] x[j]` over the moving tile. */
  const product = (sum: string, x: string) => `
      let ${sum}At = ((b * u.T + c0) * u.${headsOf(x)} + ${passes}) * ${D / 4}u + tx;
      for (var j = 0u; j < count; j++) {
        let at = ${sum}At + j * u.${headsOf(x)} * ${D / 4}u;
        let p = Ps[16u * (j % ${WIDE_ROWS}u) + (ty ^ j) % 16u];
        ${cells
          .map(
            (c) =>
              `let x${c} = ${x}[at + ${16 * c}u]; ` +
              range(R)
                .map((r) => `${sum}${r}_${c} = fma(${VEC4}(p[${r}]), x${c}, ${sum}${r}_${c});`)
                .join(" "),
          )
          .join("\n        ")}
      }`;
  const perQuery = (n: number, at: string) => `
      let i${n} = i32(${at});
      let m${n} = mask[b * u.T + min(u.T - 1u, ${at})];
      let st${n} = sums[(b * u.T + min(u.T - 1u, ${at})) * u.H + h];`;

  const gradients = `
      ${isDkv ? each(R, (j) => perQuery(j, `c0 + tx + ${16 * j}u`)) : ""}
      ${grid((r, j) => {
        const [query, key] = isDkv ? [j, `i32(r0 + ty + ${16 * r}u)`] : [r, `i32(c0 + tx + ${16 * j}u)`];
        const visible = `sees(i${query}, m${query}, ${key})${isDkv ? ` && i${query} < i32(u.T)` : ""}`;
        return `
      s${r}_${j} = exp(s${r}_${j} * u.scale - st${query}.x);
      if (!isWhole) { s${r}_${j} = select(0.0, s${r}_${j}, ${visible}); }
      g${r}_${j} = s${r}_${j} * (g${r}_${j} - st${query}.y) * u.scale;`;
      }).join("")}
      ${
        isDkv
          ? `${share("s")}
      workgroupBarrier();
      ${product("b", "dO")}
      workgroupBarrier();`
          : ""
      }
      ${share("g")}
      workgroupBarrier();
      ${product("a", isDkv ? "q" : "k")}`;

  const step = `
      let count = min(${WIDE_ROWS}u, u.T - c0);
      ${scores}
      ${gradients}`;
  const store = (name: string, sum: string) =>
    outputs((r, c) => `store_${name}(b, r0 + ty + ${16 * r}u, ${stays}, tx + ${16 * c}u, ${sum}${r}_${c});`).join(
      "\n  ",
    );
  const overKeys = `
  let tile = u.tiles - 1u - w.x; // the longest rows first
  let h = w.y;
  let kv = h / u.group;
  let r0 = tile * ${WIDE_ROWS}u;
  let last = i32(min(r0 + ${WIDE_ROWS}u, u.T)) - 1;
  ${each(R, (r) => perQuery(r, `r0 + ty + ${16 * r}u`))}
  let plan = mask[u.plan + b * u.tiles + tile];
  for (var c0 = 0u; c0 <= r0; c0 += ${WIDE_ROWS}u) {
    let lo = i32(c0);
    let to = lo + ${WIDE_ROWS};
    if ((lo < plan.y && to > plan.x) || (to > plan.z && lo <= last)) {
      let isWhole = plan.w <= lo && to - 1 <= i32(r0);
      ${step}
    }
  }`;
  const overQueries = `
  let r0 = w.x * ${WIDE_ROWS}u;
  let kv = w.y;
  let lo = i32(r0);
  let to = i32(min(r0 + ${WIDE_ROWS}u, u.T));
  for (var h = kv * u.group; h < (kv + 1u) * u.group; h++) {
    for (var tile = w.x; tile < u.tiles; tile++) {
      let c0 = tile * ${WIDE_ROWS}u;
      let last = i32(min(c0 + ${WIDE_ROWS}u, u.T)) - 1;
      let plan = mask[u.plan + b * u.tiles + tile];
      if ((lo < plan.y && to > plan.x) || (to > plan.z && lo <= last)) {
        let isWhole = plan.w <= lo && lo + ${WIDE_ROWS - 1} <= i32(c0) && c0 + ${WIDE_ROWS}u <= u.T;
        ${step}
      }
    }
  }`;
  const finish = isDkv
    ? `${store("dk", "a")}
  ${store("dv", "b")}`
    : store("dq", "a");

  const operands = ["q", "k", "v", "dO"];
  const results = isDkv ? ["dk", "dv"] : ["dq"];
  return {
    arrays: [
      ...operands.map((name) => reads(name, VEC4)),
      reads("sums", "vec2<f32>"),
      reads("mask", "vec4<i32>"),
      ...results.map((name) => writes(name, VEC4)),
    ],
    uniforms: UNIFORMS,
    code: `
${pairs.map((_, i) => `var<workgroup> Xs${i}: array<${VEC4}, 256>; var<workgroup> Ys${i}: array<${VEC4}, 256>;`).join("\n")}
var<workgroup> Ps: array<${VEC4}, 1024>;
${operands.map((name) => loads(name, D, headsOf(name))).join("")}
${results.map((name) => stores(name, D, headsOf(name))).join("")}${SHARED}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let b = w.z;
  let tx = t % 16u;
  let ty = t / 16u;
  let row = t / 4u; // this thread's place when channels are fetched
  let quad = t % 4u;
  let put = 4u * row + (quad ^ (row >> 1u)) % 4u;
  ${sums.map((sum) => outputs((r, c) => `var ${sum}${r}_${c} = ${VEC4}();`).join(" ")).join(" ")}
  ${isDkv ? overQueries : overKeys}
  ${finish}
}`,
  };
}
