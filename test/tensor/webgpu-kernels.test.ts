/** Every WGSL kernel on a software adapter, against the native kernels: ragged and whole shapes, all masks. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { KernelName } from "../../src/tensor/fused/kernel-host";
import { loadNative } from "../../src/tensor/native/load-addon";
import { startWebgpu, webgpuDevice } from "../../src/tensor/webgpu/register";
import type { WebgpuDevice } from "../../src/tensor/webgpu/webgpu-device";
import { messageOf } from "../../src/util/check";
import { type Argument, compareKernel, type Output, onDevice, worst } from "./support/compare-kernels";
import { arbitraryMask, branchedMask, ints, labelsWithHoles, normals, packedMask } from "./support/random";
import { softwareAdapterMissing } from "./support/software-adapter";

let device: WebgpuDevice;
const absent = reasonForNone();

function reasonForNone(): string | false {
  try {
    loadNative();
    return softwareAdapterMissing();
  } catch (error) {
    return `native kernels absent: ${messageOf(error)}`;
  }
}

describe("the WGSL kernels on a software adapter equal the native ones", { skip: absent }, () => {
  before(async () => {
    await startWebgpu();
    device = webgpuDevice() as WebgpuDevice;
    device.chunkLogits = 2 ** 12;
  });
  after(() => device?.destroy());

  for (const [batch, M, N, K] of [
    [1, 1, 1, 1],
    [3, 37, 50, 44],
    [1, 130, 257, 65], // ragged in every direction
    [1, 72, 136, 700], // a long sum in parts
    [70, 65, 68, 8], //   so many that tiles are large
  ]) {
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

  const masks = (B: number, T: number) => ({
    causal: packedMask(B, T, T),
    documents: packedMask(B, T, Math.ceil(T / 3)),
    branched: branchedMask(B, T, Math.floor(T / 3), Math.ceil(T / 5)),
    any: arbitraryMask("mask", B, T),
  });
  for (const [B, T, H, K, D] of [
    [2, 40, 2, 1, 16],
    [1, 100, 2, 2, 64],
    [1, 70, 4, 2, 48],
    [1, 64, 1, 1, 6],
    [1, 35, 2, 1, 128],
  ]) {
    test(`attention and its gradient over [${B},${T}], ${H} heads on ${K}, of ${D}`, async () => {
      for (const [name, { contextStart, contextEnd, branchStart }] of Object.entries(masks(B, T))) {
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

  test("heads too wide for the device's workgroup memory are refused", () => {
    const [D, T] = [1024, 4];
    const block = device.memory.allocate(4 * D * T, "a test");
    const mask = [new Int32Array(T), new Int32Array(T), new Int32Array(T)];
    const pieces = Array.from({ length: 5 }, () => block.piece);
    assert.throws(
      () => device.run("attention", [1, T, 1, 1, D], [...mask, ...pieces]),
      /RangeError: webgpu: attention with 1024 channels per head wants more workgroup memory than this device's \d+ bytes/,
    );
    device.memory.release(block);
  });

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

  test("rmsNorm and its gradient, added to another or not", async () => {
    for (const [N, C] of [
      [2, 3],
      [33, 64],
      [70, 704],
      [0, 8],
    ]) {
      const [x, dy, before, w] = [N * C, N * C, N * C, C].map((n, i) => floats(`norm ${i}`, n));
      const outputs: Argument[] = [
        { out: "y", length: N * C },
        { out: "inverse", length: N },
      ];
      const { inverse } = await compare("rmsNorm", [N, C, 1e-6], [x, w, ...outputs]);
      const gradients = [
        { out: "dx", length: N * C },
        { out: "dw", length: C },
      ];
      const { dx } = await compare("rmsNormGrad", [N, C], [x, w, inverse, dy, ...gradients]);
      const blocks = [x, w, inverse, dy, ...gradients, before].map((values) => onDevice(device, values));
      device.run(
        "rmsNormGrad",
        [N, C],
        blocks.map(({ piece }) => piece),
      );
      const got = await device.download(blocks[4].piece, N * C);
      const want = dx.map((value, i) => value + before[i]);
      assert.ok(
        got.every((value, i) => Math.abs(value - want[i]) <= 1e-5),
        `[${N},${C}] added`,
      );
      for (const block of blocks) device.memory.release(block);
    }
  });

  test("rope, forward and back", async () => {
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

  test("element by element: swiglu, sums and products, AdamW, at every remainder of four", async () => {
    for (const n of [1, 3, 1000, 40_002]) {
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

  test("AdamW of many weights, clipped by the norm of all; an infinite gradient changes nothing", async () => {
    const lengths = [5, 40_000, 1027, 9, 64, 3, 300];
    const values = lengths.map((n, i) => ({
      parameter: floats(`p ${i}`, n),
      gradient: floats(`g ${i}`, n),
      m: floats(`m ${i}`, n),
      v: floats(`v ${i}`, n).map(Math.abs),
    }));
    const scale = 0.5;
    const all = values.flatMap(({ gradient }) => [...gradient]);
    const norm = scale * Math.sqrt(all.reduce((sum, x) => sum + x * x, 0));
    for (const hasNorm of [true, false]) {
      if (!hasNorm) values[3].gradient[2] = Number.POSITIVE_INFINITY;
      const blocks = values.map((x) => Object.values(x).map((array) => onDevice(device, array)));
      const weights = blocks.map(([parameter, gradient, m, v], i) => {
        const hyper = [i % 2 === 0 ? 0.999 : 1, 0.9, 0.999, 1e-8, 1e-3, 0.3];
        return {
          parameter: parameter.piece,
          gradient: gradient.piece,
          m: m.piece,
          v: v.piece,
          length: lengths[i],
          hyper,
        };
      });
      const found = await device.adamw(weights, { scale, maxNorm: 1 });
      if (hasNorm) assert.ok(Math.abs(found / norm - 1) < 1e-6, `${found}, want ${norm}`);
      else assert.equal(found, Number.POSITIVE_INFINITY);
      for (const [i, { parameter, gradient, m, v }] of values.entries()) {
        const want = { parameter: parameter.slice(), m: m.slice(), v: v.slice() };
        if (hasNorm) {
          const factor = scale * Math.min(1, 1 / (norm + 1e-6));
          const sizes = [lengths[i], ...weights[i].hyper, factor];
          loadNative().addon.adamw(...sizes, want.parameter, gradient, want.m, want.v);
        }
        for (const [j, name] of [
          [0, "parameter"],
          [2, "m"],
          [3, "v"],
        ] as const) {
          const got = await device.download(blocks[i][j].piece, lengths[i]);
          const limit = hasNorm ? 1e-6 : 0;
          assert.ok(
            got.every((x, k) => Math.abs(x - want[name][k]) <= limit * Math.max(1, Math.abs(want[name][k]))),
            `${name} ${i}`,
          );
        }
      }
      for (const block of blocks.flat()) device.memory.release(block);
    }
  });

  test("what is uploaded between two launches is seen by the second alone", async () => {
    const [from, y, z] = [4, 4, 4].map((n) => onDevice(device, new Float32Array(n).fill(1)));
    device.run("binary", [0, 4, 0], [from.piece, from.piece, y.piece]);
    device.upload(from.piece, Float32Array.of(5, 6, 7, 8));
    device.run("binary", [0, 4, 0], [from.piece, from.piece, z.piece]);
    const { submissions } = device.queue;
    const [first, second] = await Promise.all([y, z].map(({ piece }) => device.download(piece, 4)));
    assert.deepEqual([...first, ...second], [2, 2, 2, 2, 10, 12, 14, 16]);
    assert.equal(device.queue.submissions, submissions + 1);
    for (const block of [from, y, z]) device.memory.release(block);
  });

  test("two runs give the same bytes, and a sum is that of float64", async () => {
    const x = floats("sum", 40_000);
    const [block, sum] = [onDevice(device, x), onDevice(device, new Float32Array(1))];
    const parts = [{ piece: block.piece, length: x.length }];
    const norm = await device.norm(parts);
    assert.equal(await device.norm(parts), norm);
    assert.ok(Math.abs(norm / Math.sqrt(x.reduce((s, y) => s + y * y, 0)) - 1) < 1e-6);
    device.scaledSum(parts[0], -0.5, sum.piece);
    const [got] = await device.download(sum.piece, 1);
    assert.ok(Math.abs(got + 0.5 * x.reduce((s, y) => s + y, 0)) < 1e-3);
    device.memory.release(block);
    device.memory.release(sum);
  });

  test("the largest differences are far below the limit", (t) => {
    for (const [kernel, error] of worst) t.diagnostic(`${kernel} ${error.toExponential(1)}`);
    assert.ok(worst.size > 10);
  });
});

function compare(kernel: KernelName, sizes: number[], args: Argument[], floor = 0) {
  return compareKernel(device, kernel, sizes, args, floor);
}

function floats(name: string, n: number, deviation = 1): Float32Array {
  return Float32Array.from(normals(name, n, deviation));
}
