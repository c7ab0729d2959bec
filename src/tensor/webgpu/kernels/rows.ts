/** @file Kernels that work row by row: RMSNorm, RoPE, embedding, the softmax of the loss. */

import type { KernelSource } from "../command-queue";
import { forEach, forEachRow, reads, sumOverThreads, VEC4, writes } from "./text";

const THREADS = 128;

export function rmsNorm(): KernelSource {
  return {
    arrays: [reads("x"), reads("weight"), writes("y"), writes("inverse")],
    uniforms: ["rows: u32", "C: u32", "eps: f32"],
    code: `${sumOverThreads(THREADS)}${forEachRow(
      THREADS,
      `
  let at = row * u.C;
  var sum = 0.0;
  for (var c = t; c < u.C; c += ${THREADS}u) { sum = fma(x[at + c], x[at + c], sum); }
  let r = 1.0 / sqrt(total(t, sum) / f32(u.C) + u.eps);
  for (var c = t; c < u.C; c += ${THREADS}u) { y[at + c] = x[at + c] * r * weight[c]; }
  if (t == 0u) { inverse[row] = r; }`,
    )}`,
  };
}

/**
 * `u.several` rows per workgroup, whose sums for the weight's gradient are kept in registers and written to row `w.x` of
 * `part`, `[parts, C]`.
 *
 * @param plus - whether an earlier gradient is added to dx
 */
export function rmsNormGrad(C: number, plus: boolean): KernelSource {
  const cells = Math.ceil(C / THREADS);
  return {
    arrays: [
      ...["x", "weight", "inverse", "dy", ...(plus ? ["before"] : [])].map((name) => reads(name)),
      writes("dx"),
      writes("part"),
    ],
    uniforms: ["N: u32", "several: u32"],
    code: `${sumOverThreads(THREADS)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  var dw: array<f32, ${cells}>;
  for (var n = w.x * u.several; n < min(u.N, (w.x + 1u) * u.several); n++) {
    let at = n * ${C}u;
    let r = inverse[n];
    var sum = 0.0;
    for (var c = t; c < ${C}u; c += ${THREADS}u) { sum = fma(dy[at + c] * weight[c], x[at + c], sum); }
    let k = total(t, sum) * r * r / ${C}.0;
    for (var cell = 0u; cell < ${cells}u; cell++) {
      let c = t + cell * ${THREADS}u;
      if (c < ${C}u) {
        let d = dy[at + c];
        dx[at + c] = r * fma(x[at + c], -k, d * weight[c])${plus ? " + before[at + c]" : ""};
        dw[cell] = fma(d * x[at + c], r, dw[cell]);
      }
    }
  }
  for (var cell = 0u; cell < ${cells}u; cell++) {
    let c = t + cell * ${THREADS}u;
    if (c < ${C}u) { part[w.x * ${C}u + c] = dw[cell]; }
  }
}`,
  };
}

/** `y[c]` is the sum over many parts: 16 columns per workgroup, 16 threads per column. */
export function addRows(): KernelSource {
  return {
    arrays: [reads("part"), writes("y")],
    uniforms: ["n: u32", "parts: u32"],
    code: `
var<workgroup> sums: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let c = w.x * 16u + t % 16u;
  var sum = 0.0;
  if (c < u.n) { for (var p = t / 16u; p < u.parts; p += 16u) { sum += part[p * u.n + c]; } }
  sums[t] = sum;
  workgroupBarrier();
  if (t >= 16u || c >= u.n) { return; }
  for (var i = 1u; i < 16u; i++) { sum += sums[t + 16u * i]; }
  y[c] = sum;
}`,
  };
}

/** `i` is a pair of channels that are half a head apart. */
export function rope(): KernelSource {
  return {
    arrays: [reads("positions", "i32"), reads("cosine"), reads("sine"), reads("x"), writes("y")],
    uniforms: ["n: u32", "heads: u32", "half: u32", "sign: f32"],
    code: forEach(`
  let channel = i % u.half;
  let head = i / u.half; // counts the heads of all tokens
  let at = u32(positions[head / u.heads]) * u.half + channel;
  let c = cosine[at];
  let s = sine[at] * u.sign;
  let j = head * 2u * u.half + channel;
  let a = x[j];
  let b = x[j + u.half];
  y[j] = a * c - b * s;
  y[j + u.half] = b * c + a * s;`),
  };
}

/** Rows of a table by their ids, from id `u.lo` on; `i` is an element of y. */
export function gatherRows(): KernelSource {
  return {
    arrays: [reads("ids", "i32"), reads("source"), writes("y")],
    uniforms: ["n: u32", "C: u32", "lo: u32"],
    code: forEach("y[i] = source[u32(ids[u.lo + i / u.C]) * u.C + i % u.C];"),
  };
}

/** Row `rows[u.lo + r]` of y becomes row r of the source. */
export function scatterRows(): KernelSource {
  return {
    arrays: [reads("rows", "i32"), reads("source"), writes("y")],
    uniforms: ["n: u32", "C: u32", "lo: u32"],
    code: forEach("y[u32(rows[u.lo + i / u.C]) * u.C + i % u.C] = source[i];"),
  };
}

/** `lists` is the result of `tokensById`; `i` is an element of the table's gradient. */
export function embeddingGrad(): KernelSource {
  return {
    arrays: [reads("lists", "i32"), reads("dy"), writes("dTable")],
    uniforms: ["n: u32", "C: u32", "V: u32"],
    code: forEach(`
  let id = i / u.C;
  let c = i % u.C;
  var sum = 0.0;
  for (var at = lists[id]; at < lists[id + 1u]; at++) { sum += dy[u32(lists[u.V + 1u + u32(at)]) * u.C + c]; }
  dTable[i] = sum;`),
  };
}

const SOFTMAX_THREADS = 256;

/**
 * A row of logits per workgroup: log softmax at its label, in one pass; with `u.gradient`,
 * `scale (softmax - onehot)` then replaces the row.
 *
 * @param isVector - whether V is a multiple of four
 */
export function softmaxRows(isVector: boolean): KernelSource {
  const type = isVector ? VEC4 : "f32";
  const largest = isVector ? "max(max(x.x, x.y), max(x.z, x.w))" : "x";
  const sum = isVector ? "((e.x + e.y) + (e.z + e.w))" : "e";
  return {
    arrays: [reads("rows", "i32"), reads("labels", "i32"), writes("z", type), writes("logProbs")],
    uniforms: ["rows: u32", "V: u32", "lo: u32", "scale: f32", "gradient: u32"],
    code: `
var<workgroup> tops: array<f32, ${SOFTMAX_THREADS}>;
var<workgroup> sums: array<f32, ${SOFTMAX_THREADS}>;
${forEachRow(
  SOFTMAX_THREADS,
  `
  let n = u.V / ${isVector ? 4 : 1}u;
  let base = row * n;
  var top = -3e38;
  var total = 0.0;
  for (var i = t; i < n; i += ${SOFTMAX_THREADS}u) {
    let x = z[base + i];
    let most = max(top, ${largest});
    let e = exp(x - most);
    total = fma(total, exp(top - most), ${sum});
    top = most;
  }
  tops[t] = top;
  sums[t] = total;
  for (var step = ${SOFTMAX_THREADS / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (t < step) {
      let most = max(tops[t], tops[t + step]);
      sums[t] = sums[t] * exp(tops[t] - most) + sums[t + step] * exp(tops[t + step] - most);
      tops[t] = most;
    }
  }
  workgroupBarrier();
  let label = u32(labels[rows[u.lo + row]]);
  if (t == 0u) {
    let at = ${isVector ? "z[base + label / 4u][label % 4u]" : "z[base + label]"};
    logProbs[u.lo + row] = at - tops[0] - log(sums[0]);
  }
  if (u.gradient == 0u) { return; }
  storageBarrier(); // the label's logit is read before it changes
  workgroupBarrier();
  let m = tops[0];
  let k = u.scale / sums[0];
  for (var i = t; i < n; i += ${SOFTMAX_THREADS}u) {
    var e = exp(z[base + i] - m) * k;
    ${isVector ? "if (i == label / 4u) { e[label % 4u] -= u.scale; }" : "if (i == label) { e -= u.scale; }"}
    z[base + i] = e;
  }`,
)}`,
  };
}
