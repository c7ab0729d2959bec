/** @file Kernels of plain operations: element-wise with broadcasting, copies between layouts, sum, maximum and softmax of rows. */

import type { KernelSource } from "../command-queue";
import { each, forEach, forEachRow, reads, sumOverThreads, writes } from "./text";

/** Number of axes of a tensor in these kernels; shorter shapes are extended with 1. */
export const AXES = 4;

export const UNARY = {
  Neg: "-a",
  Square: "a * a",
  Sqrt: "sqrt(a)",
  Exp: "exp(a)",
  Log: "log(a)",
  Erf: "erf(a)",
} as const;

/** Abramowitz and Stegun 7.1.26, as in TensorFlow.js; error below 1.5e-7. */
const ERF = `
fn erf(a: f32) -> f32 {
  let x = abs(a);
  let t = 1.0 / (1.0 + 0.3275911 * x);
  let y = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(a) * (1.0 - y * exp(-x * x));
}`;

export function unary(name: keyof typeof UNARY): KernelSource {
  const code = forEach(`let a = x[i]; y[i] = ${UNARY[name]};`);
  return { arrays: [reads("x"), writes("y")], uniforms: ["n: u32"], code: name === "Erf" ? ERF + code : code };
}

const axes = (name: string) => Array.from({ length: AXES }, (_, axis) => `${name}${axis}: u32`);

/** `at_a`: the index of element i of a shape `u.size*` in an array with the strides `u.a*`. */
function places(names: readonly string[]): string {
  return `var rest = i;
  ${names.map((name) => `var at_${name} = 0u;`).join(" ")}
  ${each(AXES, (axis) => {
    const last = AXES - 1 - axis;
    const steps = names.map((name) => `at_${name} += (rest % u.size${last}) * u.${name}${last};`).join(" ");
    return `${steps} rest /= u.size${last};`;
  })}`;
}

/** Strides of 0 repeat an operand along an axis. */
export function broadcast(operator: "+" | "-" | "*" | "/"): KernelSource {
  return {
    arrays: [reads("a"), reads("b"), writes("y")],
    uniforms: ["n: u32", ...axes("size"), ...axes("a"), ...axes("b")],
    code: forEach(`${places(["a", "b"])}
  y[i] = a[at_a] ${operator} b[at_b];`),
  };
}

/** Copy between two layouts: transposition, a slice, a part of a concatenation. */
export function rearrange(): KernelSource {
  return {
    arrays: [reads("x"), writes("y")],
    uniforms: ["n: u32", ...axes("size"), ...axes("x"), ...axes("y"), "xFrom: u32", "yFrom: u32"],
    code: forEach(`${places(["x", "y"])}
  y[u.yFrom + at_y] = x[u.xFrom + at_x];`),
  };
}

const THREADS = 128;

/** `y[row] = factor * Σ x[row]` */
export function sumRows(): KernelSource {
  return {
    arrays: [reads("x"), writes("y")],
    uniforms: ["rows: u32", "C: u32", "factor: f32"],
    code: `${sumOverThreads(THREADS)}${forEachRow(
      THREADS,
      `
  var sum = 0.0;
  for (var c = t; c < u.C; c += ${THREADS}u) { sum += x[row * u.C + c]; }
  let all = total(t, sum);
  if (t == 0u) { y[row] = all * u.factor; }`,
    )}`,
  };
}

/** `y[row] = max x[row]` */
export function largestOfRows(): KernelSource {
  return {
    arrays: [reads("x"), writes("y")],
    uniforms: ["rows: u32", "C: u32"],
    code: `${largestOverThreads}${forEachRow(
      THREADS,
      `
  var top = x[row * u.C];
  for (var c = t; c < u.C; c += ${THREADS}u) { top = max(top, x[row * u.C + c]); }
  let all = largest(t, top);
  if (t == 0u) { y[row] = all; }`,
    )}`,
  };
}

export function softmaxOfRows(): KernelSource {
  return {
    arrays: [reads("x"), writes("y")],
    uniforms: ["rows: u32", "C: u32"],
    code: `${sumOverThreads(THREADS)}${largestOverThreads}${forEachRow(
      THREADS,
      `
  let at = row * u.C;
  var top = x[at];
  for (var c = t; c < u.C; c += ${THREADS}u) { top = max(top, x[at + c]); }
  top = largest(t, top);
  var sum = 0.0;
  for (var c = t; c < u.C; c += ${THREADS}u) { sum += exp(x[at + c] - top); }
  let all = total(t, sum);
  for (var c = t; c < u.C; c += ${THREADS}u) { y[at + c] = exp(x[at + c] - top) / all; }`,
    )}`,
  };
}

const largestOverThreads = `
var<workgroup> tops: array<f32, ${THREADS}>;
fn largest(t: u32, x: f32) -> f32 {
  tops[t] = x;
  for (var step = ${THREADS / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (t < step) { tops[t] = max(tops[t], tops[t + step]); }
  }
  workgroupBarrier();
  return tops[0];
}`;
