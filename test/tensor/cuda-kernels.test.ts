/**
 * Every CUDA kernel in the emulator, against the native kernels: ragged and whole shapes, all masks, in each precision, on a
 * card with Hopper's instructions and on one without.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CudaCard } from "../../src/tensor/cuda/card";
import { PRECISIONS, type Precision } from "../../src/tensor/cuda/precision";
import { type Argument, compareKernel, LIMITS, type Output, onCard } from "../../src/tensor/cuda/self-check";
import type { KernelName } from "../../src/tensor/fused/kernel-host";
import { loadNative } from "../../src/tensor/native/load-addon";
import { messageOf } from "../../src/util/check";
import { emulatedCard, emulator, emulatorMissing } from "./support/emulator";
import { arbitraryMask, branchedMask, ints, labelsWithHoles, normals, packedMask } from "./support/random";

let card: CudaCard;
const absent = reasonForNone();

function reasonForNone(): string | false {
  try {
    loadNative();
    return emulatorMissing();
  } catch (error) {
    return `native kernels absent: ${messageOf(error)}`;
  }
}

describe("the CUDA kernels in the emulator equal the native ones", { skip: absent }, () => {
  before(async () => {
    const found = await emulator();
    if ("reason" in found) throw new Error(found.reason);
    card = emulatedCard(found.file);
  });
  const isHopper = () => card.isHopper;
  after(() => setHopper(true, 2e9));

  for (const [batch, M, N, K] of [
    [1, 1, 1, 1],
    [1, 3, 5, 7],
    [1, 130, 257, 65],
    [3, 37, 50, 44],
    [1, 136, 264, 72],
    [1, 72, 136, 1500],
    [1, 260, 520, 96],
  ]) {
    test(`gemm ${batch} x [${M},${N},${K}], transposed or not, added or not`, () => {
      assert.ok(isHopper());
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
        const run = (precision: Precision) =>
          compare("gemm", [batch, M, N, K, ta, tb, accumulate], [A, B, C], precision, 0.5 * Math.sqrt(K));
        for (const precision of PRECISIONS) run(precision);
        for (const wide of [0, Number.POSITIVE_INFINITY]) {
          setHopper(true, wide); // Hopper's kernels whatever the size, and never
          run("bf16");
        }
        setHopper(true, 2e9);
      }
    });
  }

  const masks = (B: number, T: number) => ({
    causal: packedMask(B, T, T),
    documents: packedMask(B, T, Math.ceil(T / 3)),
    branched: branchedMask(B, T, Math.floor(T / 3), Math.ceil(T / 5)),
    any: arbitraryMask("mask", B, T),
  });
  for (const [B, T, H, K, D] of [
    [2, 40, 2, 1, 16],
    [1, 150, 2, 2, 64],
    [1, 200, 2, 1, 48],
    [1, 64, 1, 1, 7],
    [1, 70, 2, 1, 128],
  ]) {
    test(`attention and its gradient over [${B},${T}], ${H} heads on ${K}, of ${D}`, () => {
      for (const [name, { contextStart, contextEnd, branchStart }] of Object.entries(masks(B, T))) {
        const mask = [contextStart, contextEnd, branchStart];
        const [q, k, v] = [H, K, K].map((n, i) => floats(`${name} ${i}`, B * T * n * D));
        const sizes = [B, T, H, K, D];
        const out: Argument[] = [
          { out: "o", length: q.length },
          { out: "lse", length: B * T * H },
        ];
        const dy = floats(`${name} dy`, q.length);
        const gradients: Argument[] = [
          { out: "dq", length: q.length },
          { out: "dk", length: k.length },
          { out: "dv", length: v.length },
        ];
        const both = (precision: Precision) => {
          const { o, lse } = compare("attention", sizes, [...mask, q, k, v, ...out], precision, 0.2);
          compare("attentionGrad", sizes, [...mask, q, k, v, o, lse, dy, ...gradients], precision, 0.2);
        };
        if (name === "causal" || name === "any") both("float32");
        if (name !== "causal") both("tf32");
        both("bf16");
        setHopper(true, 0);
        if (D <= 64) both("bf16");
        setHopper(false, 2e9, 101_376); // small tiles, as on Ada
        if (name === "any" && D >= 64) for (const precision of PRECISIONS) both(precision);
        setHopper(true, 2e9);
      }
    });
  }

  for (const [N, C, V, R] of [
    [5, 8, 11, 5],
    [301, 20, 103, 170],
    [192, 64, 128, 192],
    [40, 64, 30, 0],
  ]) {
    test(`cross entropy of ${R} of ${N} rows [${C}] over ${V}`, () => {
      const labels = labelsWithHoles("labels", N, V);
      const rows = Int32Array.from({ length: R }, (_, r) => Math.floor((r * N) / Math.max(1, R)));
      for (const row of rows) labels[row] = Math.max(0, labels[row]);
      for (const gradient of [true, false]) {
        const args: Argument[] = [
          rows,
          labels,
          floats("x", N * C),
          floats("w", V * C, 0.3),
          { out: "log p", length: R },
        ];
        const outputs: Argument[] = [
          { out: "dx", length: N * C },
          { out: "dw", length: V * C },
        ];
        args.push(...(gradient ? outputs : [null, null]));
        const sizes = [N, C, V, R, 1 / Math.max(1, R)];
        for (const precision of PRECISIONS) compare("crossEntropy", sizes, args, precision);
        setHopper(true, 0);
        compare("crossEntropy", sizes, args, "bf16");
        setHopper(true, 2e9);
      }
    });
  }

  test("rmsNorm and its gradient, rows that fit into registers and others", () => {
    for (const [N, C] of [
      [2, 3],
      [9, 7],
      [33, 64],
      [70, 704],
      [40, 1028],
      [0, 8],
    ]) {
      const [x, dy] = [floats("x", N * C), floats("dy", N * C)];
      const w = floats("w", C);
      const outputs: Argument[] = [
        { out: "y", length: N * C },
        { out: "inverse", length: N },
      ];
      const { inverse } = compare("rmsNorm", [N, C, 1e-6], [x, w, ...outputs]);
      const gradients: Argument[] = [
        { out: "dx", length: N * C },
        { out: "dw", length: C },
      ];
      compare("rmsNormGrad", [N, C], [x, w, inverse, dy, ...gradients]);
    }
  });

  test("rope, forward and back, heads in fours and others", () => {
    for (const [N, heads, D] of [
      [1, 1, 2],
      [50, 3, 64],
      [33, 4, 6],
    ]) {
      const at = ints("at", N, 100);
      const tables = [floats("cos", 50 * D), floats("sin", 50 * D)];
      for (const sign of [1, -1]) {
        const y = { out: "y", length: N * heads * D };
        compare("rope", [N, heads, D, 100, sign], [at, ...tables, floats("x", N * heads * D), y]);
      }
    }
  });

  test("element by element: swiglu, sums and products, AdamW, at every remainder of four", () => {
    for (const n of [1, 3, 4, 1000, 4097, 40_003]) {
      const [a, b, c] = ["a", "b", "c"].map((name) => floats(name, n, 2));
      compare("swiglu", [n], [a, b, { out: "y", length: n }]);
      const gradients: Argument[] = [
        { out: "dgate", length: n },
        { out: "dup", length: n },
      ];
      compare("swigluGrad", [n], [a, b, c, ...gradients]);
      for (const op of [0, 1, 2])
        for (const scalar of [0, 1])
          compare("binary", [op, n, scalar], [a, scalar === 1 ? b.slice(0, 1) : b, { out: "y", length: n }]);
      const state = { p: a, m: c, v: floats("v", n, 1e-3).map(Math.abs) };
      const [p, m, v] = Object.entries(state).map(([out, from]) => ({ out, length: n, from }));
      compare("adamw", [n, 0.999, 0.9, 0.999, 1e-8, 1e-3, 0.3, 0.7], [p, b, m, v]);
    }
  });

  test("the embedding and its gradient, frequent ids first", () => {
    for (const [N, C, V] of [
      [1, 4, 3],
      [300, 64, 20],
      [257, 7, 50],
      [0, 4, 5],
    ]) {
      const ids = Int32Array.from(ints("ids", N, V), (id, i) => (i % 3 === 0 ? id : id % 3));
      compare("embedding", [N, C, V], [ids, floats("table", V * C), { out: "y", length: N * C }]);
      compare("embeddingGrad", [N, C, V], [ids, floats("dy", N * C), { out: "dtable", length: V * C }]);
    }
  });

  test("bf16 panels that SwiGLU leaves for the next product are those of its numbers", () => {
    const [N, C, F] = [128, 72, 192];
    card.precisions = { training: "bf16", scoring: "bf16" };
    const inputs = [floats("x", N * C), floats("up", F * C, 0.1), floats("down", F * C, 0.1), floats("gate", N * F)];
    const results = [true, false].map((keeps) => {
      const [x, up, down, g] = inputs.map((values) => onCard(card, values));
      const [u, y, z] = [N * F, N * F, N * C].map((n) => onCard(card, new Float32Array(n)));
      card.run("gemm", [1, N, F, C, 0, 1, 0], [x.piece, up.piece, u.piece]);
      card.run("swiglu", [N * F], [g.piece, u.piece, y.piece]);
      assert.ok(y.piece.panels !== null);
      if (!keeps) card.changed(y.piece);
      card.run("gemm", [1, N, C, F, 0, 1, 0], [y.piece, down.piece, z.piece]);
      const result = card.downloadNow(z.piece, N * C);
      for (const block of [x, up, down, g, u, y, z]) card.memory.release(block);
      return result;
    });
    assert.deepEqual(results[0], results[1]);
  });

  test("two runs give the same bytes, sums of squares and the norm those of float64", async () => {
    const values = ["a", "b", "c"].map((name, i) => floats(name, [5, 40_000, 1027][i]));
    const parts = values.map((x) => ({ ...onCard(card, x), length: x.length }));
    const norm = await card.norm(parts);
    const want = Math.sqrt(values.reduce((sum, x) => sum + x.reduce((s, y) => s + y * y, 0), 0));
    assert.ok(Math.abs(norm / want - 1) < 1e-12, `${norm}, want ${want}`);
    assert.equal(await card.norm(parts), norm);
    card.scaledSum({ piece: parts[1].piece, length: 40_000 }, -0.5, parts[0].piece);
    const sum = -0.5 * values[1].reduce((s, y) => s + y, 0);
    assert.equal(card.downloadNow(parts[0].piece, 1)[0], Math.fround(sum));
    for (const part of parts) card.memory.release(part);
  });
});

/** Run on both. @returns the native outputs by name */
function compare(
  kernel: KernelName,
  sizes: number[],
  args: Argument[],
  precision: Precision = "float32",
  floor = 0,
): Record<string, Float32Array> {
  const { errors, native } = compareKernel(card, kernel, sizes, args, precision, floor);
  for (const [out, error] of Object.entries(errors)) {
    const label = `${kernel} ${precision} [${sizes}] ${out}${card.isHopper ? "" : ", not Hopper"}`;
    assert.ok(error <= LIMITS[precision], `${label}: ${error.toExponential(2)}`);
  }
  return native;
}

function floats(name: string, n: number, deviation = 1): Float32Array {
  return Float32Array.from(normals(name, n, deviation));
}

function setHopper(isHopper: boolean, wideFrom: number, sharedBytes = 232_448): void {
  Object.assign(card, { isHopper, wideFrom, info: { ...card.info, sharedBytes } });
}
