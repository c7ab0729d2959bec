/** @file Element-wise kernels and reductions: SwiGLU, sums and products, sums over all, AdamW. */

import type { KernelSource } from "../command-queue";
import { each, forEach, range, reads, sumOverThreads, VEC4, writes } from "./text";

const SIGMOID = `fn sigmoid(x: ${VEC4}) -> ${VEC4} { return 1.0 / (1.0 + exp(-x)); }`;

export function swiglu(): KernelSource {
  return {
    arrays: [reads("gate", VEC4), reads("up", VEC4), writes("y", VEC4)],
    uniforms: ["n: u32"],
    code: `${SIGMOID}${forEach("let a = gate[i]; y[i] = a * sigmoid(a) * up[i];")}`,
  };
}

export function swigluGrad(): KernelSource {
  return {
    arrays: [reads("gate", VEC4), reads("up", VEC4), reads("dy", VEC4), writes("dGate", VEC4), writes("dUp", VEC4)],
    uniforms: ["n: u32"],
    code: `${SIGMOID}${forEach(`
  let a = gate[i];
  let d = dy[i];
  let s = sigmoid(a);
  let silu = a * s;
  dUp[i] = d * silu;
  dGate[i] = d * up[i] * fma(silu, 1.0 - s, s);`)}`,
  };
}

/** Where the result is written: new memory, or an operand's. Memory that is written may be bound only once. */
export type Place = "new" | "a" | "b";

export function binary(operator: "+" | "-" | "*", isScalar: boolean, place: Place): KernelSource {
  const operands = [reads("a", VEC4), reads("b", isScalar ? "f32" : VEC4)].filter(({ name }) => name !== place);
  const a = place === "a" ? "y[i]" : "a[i]";
  const b = isScalar ? `${VEC4}(b[0])` : place === "b" ? "y[i]" : "b[i]";
  return {
    arrays: [...operands, writes("y", VEC4)],
    uniforms: ["n: u32"],
    code: forEach(`y[i] = ${a} ${operator} ${b};`),
  };
}

/** `y[0] = factor * Σ x`, by one workgroup in a fixed order. */
export function scaledSum(): KernelSource {
  return {
    arrays: [reads("x"), writes("y")],
    uniforms: ["n: u32", "factor: f32"],
    code: `${sumOverThreads(256)}
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  for (var i = t; i < u.n; i += 256u) { sum += x[i]; }
  let all = total(t, sum);
  if (t == 0u) { y[0] = select(all * u.factor, 0.0, u.n == 0u); }
}`,
  };
}

/** Arrays per launch at most, and elements of an array per workgroup. */
export const SQUARED_AT_ONCE = 15;
export const SQUARED_CHUNK = 16_384;

/** Sums of squares of several arrays: chunk `w.x` of array `w.y` into `sums[at_y + w.x]`. */
export function sumsOfSquares(count: number): KernelSource {
  return {
    arrays: [...range(count).map((i) => reads(`x${i}`)), writes("sums")],
    uniforms: range(count).flatMap((i) => [`n${i}: u32`, `at${i}: u32`]),
    code: `${sumOverThreads(256)}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  var sum = 0.0;
  var n = 0u;
  var at = 0u;
  let lo = w.x * ${SQUARED_CHUNK}u;
  switch (w.y) {
    ${each(
      count,
      (i) => `case ${i}u${i === count - 1 ? ", default" : ""}: {
      n = u.n${i};
      at = u.at${i};
      for (var i = lo + t; i < min(n, lo + ${SQUARED_CHUNK}u); i += 256u) { sum = fma(x${i}[i], x${i}[i], sum); }
    }`,
    )}
  }
  if (lo >= n) { return; }
  let all = total(t, sum);
  if (t == 0u) { sums[at + w.x] = all; }
}`,
  };
}

/** Weights of one launch; each binds four arrays. */
export const MOST_WEIGHTS = 4;

/**
 * AdamW in PyTorch's order of operations, for several weights at once: weight `w.y`. The gradient's factor is
 * `scale * min(1, maxNorm / (norm + 1e-6))` with `norm = scale * sqrt(squares[0])`; `maxNorm` below 0: no clipping. With
 * `isChecked`, nothing changes if the norm is not finite.
 */
export function adamw(count: number): KernelSource {
  return {
    arrays: [
      ...range(count).flatMap((i) => [
        writes(`p${i}`, VEC4),
        reads(`g${i}`, VEC4),
        writes(`m${i}`, VEC4),
        writes(`v${i}`, VEC4),
      ]),
      reads("squares"),
    ],
    uniforms: [
      ...range(count).flatMap((i) => [`n${i}: u32`, `decay${i}: f32`]),
      ...["beta1", "rest1", "beta2", "rest2", "eps", "rate", "correction", "scale", "maxNorm"].map((x) => `${x}: f32`),
      "isChecked: u32",
    ],
    code: `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) t: u32) {
  let i = (w.x + w.z * groups.x) * 256u + t;
  var k = u.scale;
  if (u.isChecked == 1u) {
    let all = squares[0];
    if ((bitcast<u32>(all) & 0x7f800000u) == 0x7f800000u) { return; } // infinite or NaN
    if (u.maxNorm >= 0.0) { k *= min(1.0, u.maxNorm / (sqrt(all) * u.scale + 1e-6)); }
  }
  switch (w.y) {
    ${each(
      count,
      (n) => `case ${n}u${n === count - 1 ? ", default" : ""}: {
      if (i >= u.n${n}) { return; }
      let g4 = g${n}[i] * k;
      let m4 = fma(g4, ${VEC4}(u.rest1), m${n}[i] * u.beta1);
      let v4 = fma(g4 * g4, ${VEC4}(u.rest2), v${n}[i] * u.beta2);
      m${n}[i] = m4;
      v${n}[i] = v4;
      p${n}[i] = fma(m4 / (sqrt(v4) / u.correction + u.eps), ${VEC4}(-u.rate), p${n}[i] * u.decay${n});
    }`,
    )}
  }
}`,
  };
}
