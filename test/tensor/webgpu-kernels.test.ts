/** Every WGSL kernel on a software adapter, against the native kernels: ragged and whole shapes, all masks. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { compareKernel, onDevice } from "../../src/tensor/device/compare-kernel";
import { loadNative } from "../../src/tensor/native/load-addon";
import { startWebgpu, webgpuDevice } from "../../src/tensor/webgpu/register";
import type { WebgpuDevice } from "../../src/tensor/webgpu/webgpu-device";
import {
  type Compare,
  floats,
  testAttention,
  testCrossEntropy,
  testElementwise,
  testEmbedding,
  testGemm,
  testRmsNorm,
  testRope,
} from "./support/kernel-suite";
import { nativeMissing } from "./support/native-missing";
import { softwareAdapterMissing } from "./support/software-adapter";

let device: WebgpuDevice;
const absent = nativeMissing(softwareAdapterMissing);

/** Largest `||webgpu - native|| / ||native||`. */
const LIMIT = 1e-5;

describe("the WGSL kernels on a software adapter equal the native ones", { skip: absent }, () => {
  before(async () => {
    await startWebgpu();
    device = webgpuDevice() as WebgpuDevice;
    device.chunkLogits = 2 ** 12;
  });
  after(() => device?.destroy());

  testGemm(
    [
      [1, 1, 1, 1],
      [3, 37, 50, 44],
      [1, 130, 257, 65], // ragged in every direction
      [1, 72, 136, 1540], // many terms per output: tiles of 32 x 32
      [1, 72, 136, 2052], // a long sum in parts
      [1, 700, 800, 20], // tiles of 64 x 64
      [1, 500, 8194, 3], // enough columns for large tiles
    ],
    compare,
  );

  testAttention(
    [
      [2, 40, 2, 1, 16],
      [1, 50, 2, 2, 64],
      [2, 130, 4, 2, 64], // tiles of 64
      [1, 64, 2, 1, 128],
      [1, 70, 4, 2, 48],
      [1, 64, 1, 1, 6],
      [1, 35, 2, 1, 128],
    ],
    () => compare,
  );

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

  testCrossEntropy(compare);

  const norms = [
    [2, 3],
    [33, 64],
    [70, 704],
    [0, 8],
  ];
  testRmsNorm("rmsNorm and its gradient, added to another or not", norms, compare, async ({ N, C, dx, ...norm }) => {
    const before = floats("before", N * C);
    const gradients = [
      { out: "dx", length: N * C },
      { out: "dw", length: C },
    ];
    const { x, w, inverse, dy } = norm;
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
  });
  testRope(compare);
  testElementwise([1, 3, 1000, 40_002], compare);
  testEmbedding(compare);

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

/** By kernel, the largest difference so far. */
const worst = new Map<string, number>();

/** Runs a kernel on both, and checks the outputs. */
async function compare(
  ...[kernel, sizes, args, floor = 0]: Parameters<Compare>
): Promise<Record<string, Float32Array>> {
  const { errors, native } = await compareKernel(device, kernel, sizes, args, floor);
  for (const [out, error] of Object.entries(errors)) {
    assert.ok(error <= LIMIT, `${kernel} [${sizes}] ${out}: ${error.toExponential(2)}`);
    worst.set(kernel, Math.max(worst.get(kernel) ?? 0, error));
  }
  return native;
}
