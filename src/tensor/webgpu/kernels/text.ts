/** @file WGSL shared by several kernels. A kernel is generated as text for its variant: widths, tiles, use of vec4. */

import type { KernelArraySource } from "../command-queue";

export const VEC4 = "vec4<f32>";

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** One line for each number below `n`. */
export function each(n: number, line: (i: number) => string): string {
  return range(n).map(line).join("\n  ");
}

export function reads(name: string, type = "f32"): KernelArraySource {
  return { name, type, access: "read" };
}

export function writes(name: string, type = "f32"): KernelArraySource {
  return { name, type, access: "read_write" };
}

/** An entry point in which `i` counts up to `u.n`, over a grid of two dimensions. */
export function forEach(body: string, threads = 256): string {
  return `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) g: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = g.x + g.y * groups.x * ${threads}u;
  if (i >= u.n) { return; }
  ${body}
}`;
}

/** An entry point in which `row` counts up to `u.rows`, one workgroup per row; `t` is the thread. */
export function forEachRow(threads: number, body: string): string {
  return `
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) t: u32) {
  let row = w.x + w.y * groups.x;
  if (row >= u.rows) { return; }
  ${body}
}`;
}

/** `total(t, x)`: the sum of x over a workgroup's threads, in a fixed tree. */
export function sumOverThreads(threads: number): string {
  return `
var<workgroup> partial: array<f32, ${threads}>;
fn total(t: u32, x: f32) -> f32 {
  partial[t] = x;
  for (var step = ${threads / 2}u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (t < step) { partial[t] += partial[t + step]; }
  }
  workgroupBarrier();
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}`;
}
