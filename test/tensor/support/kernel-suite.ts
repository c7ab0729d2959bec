/**
 * @file Tests of a device's kernels against the native ones: ragged and whole shapes, all masks. `compare` runs one kernel
 * on both, in each of the device's settings, and checks the differences.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Argument, Output } from "../../../src/tensor/device/compare-kernel";
import type { KernelName } from "../../../src/tensor/fused/kernel-host";
import { arbitraryMask, branchedMask, ints, labelsWithHoles, normals, packedMask } from "./random";

/** @returns the native outputs by name */
export type Compare = (
  kernel: KernelName,
  sizes: number[],
  args: Argument[],
  floor?: number,
) => Promise<Record<string, Float32Array>>;

type Shapes = readonly (readonly number[])[];

export function floats(name: string, n: number, deviation = 1): Float32Array {
  return Float32Array.from(normals(name, n, deviation));
}

/** @param shapes - [batch, M, N, K] */
export function testGemm(shapes: Shapes, compare: Compare): void {
  for (const [batch, M, N, K] of shapes) {
    test(`gemm ${batch} x [${M},${N},${K}], transposed or not, added or not`, async () => {
      for (const [ta, tb, accumulate] of [
        [0, 0, 0],
        [0, 1, 0],
        [1, 0, 1],
        [1, 1, 0],
      ]) {
        const A = floats("A", batch * M * K);
        const B = floats("B", batch * K * N);
        const C: Output = { out: "C", length: batch * M * N };
        if (accumulate === 1) C.from = floats("C", batch * M * N);
        await compare("gemm", [batch, M, N, K, ta, tb, accumulate], [A, B, C], 0.5 * Math.sqrt(K));
      }
    });
  }
}

/** @param shapes - [B, T, H, K, D] @param compareFor - the comparison by mask and D */
export function testAttention(shapes: Shapes, compareFor: (mask: string, D: number) => Compare): void {
  for (const [B, T, H, K, D] of shapes) {
    test(`attention and its gradient over [${B},${T}], ${H} heads on ${K}, of ${D}`, async () => {
      const masks = {
        causal: packedMask(B, T, T),
        documents: packedMask(B, T, Math.ceil(T / 3)),
        branched: branchedMask(B, T, Math.floor(T / 3), Math.ceil(T / 5)),
        any: arbitraryMask("mask", B, T),
      };
      for (const [name, { contextStart, contextEnd, branchStart }] of Object.entries(masks)) {
        const compare = compareFor(name, D);
        const mask = [contextStart, contextEnd, branchStart];
        const [q, k, v] = [H, K, K].map((n, i) => floats(`${name} ${i}`, B * T * n * D));
        const sizes = [B, T, H, K, D];
        const out: Argument[] = [
          { out: "o", length: q.length },
          { out: "lse", length: B * T * H },
        ];
        const gradients: Argument[] = [
          { out: "dq", length: q.length },
          { out: "dk", length: k.length },
          { out: "dv", length: v.length },
        ];
        const { o, lse } = await compare("attention", sizes, [...mask, q, k, v, ...out], 0.2);
        const dy = floats(`${name} dy`, q.length);
        await compare("attentionGrad", sizes, [...mask, q, k, v, o, lse, dy, ...gradients], 0.2);
      }
    });
  }
}

/** Some rows, all rows and no row with a label; with and without gradients. */
export function testCrossEntropy(compare: Compare): void {
  for (const [N, C, V, R] of [
    [5, 8, 11, 5],
    [301, 20, 103, 170],
    [192, 64, 128, 192],
    [40, 64, 30, 0],
  ]) {
    test(`cross entropy of ${R} of ${N} rows [${C}] over ${V}`, async () => {
      const labels = labelsWithHoles("labels", N, V);
      const rows = Int32Array.from({ length: R }, (_, r) => Math.floor((r * N) / Math.max(1, R)));
      for (const row of rows) labels[row] = Math.max(0, labels[row]);
      for (const gradient of [true, false]) {
        const outputs: Argument[] = [
          { out: "dx", length: N * C },
          { out: "dw", length: V * C },
        ];
        const [x, w] = [floats("x", N * C), floats("w", V * C, 0.3)];
        const args = [rows, labels, x, w, { out: "log p", length: R }, ...(gradient ? outputs : [null, null])];
        await compare("crossEntropy", [N, C, V, R, 1 / Math.max(1, R)], args);
      }
    });
  }
}

/** Inputs and native outputs of one case of RMSNorm. */
export interface NormCase {
  N: number;
  C: number;
  x: Float32Array;
  w: Float32Array;
  inverse: Float32Array;
  dy: Float32Array;
  dx: Float32Array;
}

/** @param shapes - [N, C] @param also - a further check of a case */
export function testRmsNorm(title: string, shapes: Shapes, compare: Compare, also?: (norm: NormCase) => Promise<void>) {
  test(title, async () => {
    for (const [N, C] of shapes) {
      const [x, dy, w] = [floats("x", N * C), floats("dy", N * C), floats("w", C)];
      const outputs: Argument[] = [
        { out: "y", length: N * C },
        { out: "inverse", length: N },
      ];
      const { inverse } = await compare("rmsNorm", [N, C, 1e-6], [x, w, ...outputs]);
      const gradients: Argument[] = [
        { out: "dx", length: N * C },
        { out: "dw", length: C },
      ];
      const { dx } = await compare("rmsNormGrad", [N, C], [x, w, inverse, dy, ...gradients]);
      await also?.({ N, C, x, w, inverse, dy, dx });
    }
  });
}

/** Heads with and without groups of four channels, in both directions. */
export function testRope(compare: Compare): void {
  test("rope, forward and back, heads in fours and others", async () => {
    for (const [N, heads, D] of [
      [1, 1, 2],
      [50, 3, 64],
      [33, 4, 6],
    ]) {
      const at = ints("at", N, 100);
      const tables = [floats("cos", 50 * D), floats("sin", 50 * D)];
      for (const sign of [1, -1]) {
        const y = { out: "y", length: N * heads * D };
        await compare("rope", [N, heads, D, 100, sign], [at, ...tables, floats("x", N * heads * D), y]);
      }
    }
  });
}

/** @param lengths - numbers of elements */
export function testElementwise(lengths: readonly number[], compare: Compare): void {
  test("element by element: swiglu, sums and products, AdamW, at every remainder of four", async () => {
    assert.equal(new Set(lengths.map((n) => n % 4)).size, 4);
    for (const n of lengths) {
      const [a, b, c] = ["a", "b", "c"].map((name) => floats(name, n, 2));
      await compare("swiglu", [n], [a, b, { out: "y", length: n }]);
      const gradients: Argument[] = [
        { out: "dgate", length: n },
        { out: "dup", length: n },
      ];
      await compare("swigluGrad", [n], [a, b, c, ...gradients]);
      for (const op of [0, 1, 2])
        for (const scalar of [0, 1])
          await compare("binary", [op, n, scalar], [a, scalar === 1 ? b.slice(0, 1) : b, { out: "y", length: n }]);
      const state = { p: a, m: c, v: floats("v", n, 1e-3).map(Math.abs) };
      const [p, m, v] = Object.entries(state).map(([out, from]) => ({ out, length: n, from }));
      await compare("adamw", [n, 0.999, 0.9, 0.999, 1e-8, 1e-3, 0.3, 0.7], [p, b, m, v]);
    }
  });
}

export function testEmbedding(compare: Compare): void {
  test("the embedding and its gradient, frequent ids first", async () => {
    for (const [N, C, V] of [
      [1, 4, 3],
      [300, 64, 20],
      [257, 7, 50],
      [0, 4, 5],
    ]) {
      const ids = Int32Array.from(ints("ids", N, V), (id, i) => (i % 3 === 0 ? id : id % 3));
      await compare("embedding", [N, C, V], [ids, floats("table", V * C), { out: "y", length: N * C }]);
      await compare("embeddingGrad", [N, C, V], [ids, floats("dy", N * C), { out: "dtable", length: V * C }]);
    }
  });
}
