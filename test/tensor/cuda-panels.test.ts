/**
 * Activations that are stored as bf16 panels only, in the emulator: every kernel that reads or writes them beside the native
 * one on the same rounded numbers, and a training step beside one that stores float32.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { emptyBatch, place } from "../../src/model/token-batch";
import type { CudaCard } from "../../src/tensor/cuda/card";
import { panelsOf } from "../../src/tensor/cuda/panels";
import type { CudaPiece } from "../../src/tensor/cuda/room";
import { startDeviceBackend } from "../../src/tensor/device";
import { type Argument, onDevice } from "../../src/tensor/device/compare-kernel";
import type { KernelName } from "../../src/tensor/fused/kernel-host";
import { registerFused } from "../../src/tensor/fused/register";
import { initBackend, lossAndGradients, tf } from "../../src/tensor/index";
import { loadNative } from "../../src/tensor/native/load-addon";
import { Rng } from "../../src/util/rng";
import { emulatedCard, emulator, emulatorMissing } from "./support/emulator";
import { floats } from "./support/kernel-suite";
import { nativeMissing } from "./support/native-missing";
import { arbitraryMask, ints, packedMask } from "./support/random";

let card: CudaCard;

describe("bf16 panels as the only numbers of a tensor", { skip: nativeMissing(emulatorMissing) }, () => {
  before(async () => {
    await initBackend("native");
    const found = await emulator();
    if ("reason" in found) throw new Error(found.reason);
    card = emulatedCard(found.file);
    card.wideFrom = 0;
    card.precisions = { training: "bf16", scoring: "bf16" };
    registerFused(await startDeviceBackend(card));
  });
  after(() => tf.setBackend("native"));

  for (const [M, N, K] of [
    [64, 128, 65],
    [192, 320, 72],
    [128, 704, 64],
  ]) {
    test(`a product [${M},${N},${K}] written as panels is the rounded product`, async () => {
      const args = [floats("A", M * K), floats("B", N * K)];
      const run = async (isComplete: number) => {
        const [a, b, c] = [...args, new Float32Array(M * N)].map((x) => onDevice(card, x));
        card.run("gemm", [1, M, N, K, 0, 1, 0, isComplete], [a.piece, b.piece, c.piece]);
        assert.equal(c.piece.isPanelled, isComplete === 1);
        const result = card.downloadNow(c.piece, M * N);
        for (const block of [a, b, c]) card.memory.release(block);
        return result;
      };
      assert.deepEqual(await run(1), (await run(0)).map(rounded));
    });
  }

  testSums();

  test("both operands of a product may be one tensor in two shapes", () => {
    const [M, K] = [64, 128];
    const draw = Rng.fromSeed("reshaped");
    const x = Float32Array.from({ length: M * K }, () => draw.int(16) - 8); // exact in bf16, like the sums in float32
    const want = new Float32Array(M * M);
    loadNative().addon.gemm(1, M, M, K, 0, 0, 0, x, x, want); // [64,128] by [128,64]
    const [a, c] = [x, want.slice().fill(Number.NaN)].map((values) => onDevice(card, values));
    for (const wideFrom of [0, Number.POSITIVE_INFINITY]) {
      card.wideFrom = wideFrom;
      card.run("gemm", [1, M, M, K, 0, 0, 0, 0], [a.piece, a.piece, c.piece]);
      assert.deepEqual(card.downloadNow(c.piece, M * M), want);
    }
    card.wideFrom = 0;
    for (const block of [a, c]) card.memory.release(block);
  });

  for (const [O, I, isKept] of [
    [128, 192, true],
    [512, 320, true], // several pieces
    [100, 64, false],
  ] as const) {
    test(`AdamW keeps the panels of a weight [${O},${I}]${isKept ? "" : " only in whole blocks"}`, async () => {
      const N = 64;
      const names = ["p", "g", "m", "v"];
      const blocks = names.map((name) => onDevice(card, floats(name, O * I).map(Math.abs)));
      const [parameter, gradient, m, v] = blocks.map(({ piece }) => piece);
      const [x, y] = [floats("x", N * I), new Float32Array(N * O)].map((values) => onDevice(card, values));
      const product = (weight: CudaPiece) => {
        card.profile(true);
        card.run("gemm", [1, N, O, I, 0, 1, 0, 0], [x.piece, weight, y.piece]);
        const packings = card.profile(false).to_panels?.[1] ?? 0;
        return { packings, y: card.downloadNow(y.piece, N * O) };
      };
      const before = product(parameter);
      assert.equal(before.packings, 2);
      const hyper = [0.999, 0.9, 0.999, 1e-8, 1e-1, 0.3];
      await card.adamw([{ parameter, gradient, m, v, length: O * I, hyper }], { scale: 1, maxNorm: 1 });
      const after = product(parameter);
      assert.equal(after.packings, isKept ? 0 : 1);
      assert.notDeepEqual(after.y, before.y);
      const fresh = onDevice(card, card.downloadNow(parameter, O * I));
      assert.deepEqual(product(fresh.piece), { packings: 1, y: after.y });
      for (const block of [...blocks, x, y, fresh]) card.memory.release(block);
    });
  }

  test("a product may be added to panels, which are converted first", () => {
    const [M, N, K] = [64, 128, 64];
    const [a, b, c] = [floats("A", M * K), floats("B", N * K), floats("C", M * N)].map((x) => onDevice(card, x));
    const before = panelled(c.piece, M, N);
    card.run("gemm", [1, M, N, K, 0, 1, 1, 1], [a.piece, b.piece, c.piece]);
    assert.ok(!c.piece.isPanelled);
    const sum = card.downloadNow(c.piece, M * N);
    card.run("gemm", [1, M, N, K, 0, 1, 0, 0], [a.piece, b.piece, c.piece]);
    const product = card.downloadNow(c.piece, M * N);
    assert.ok(sum.every((x, i) => Math.abs(x - (product[i] + before[i])) < 1e-4));
    for (const block of [a, b, c]) card.memory.release(block);
  });

  const [N, F] = [128, 192];
  const wide = [N, F] as const;
  const matrices = () => ["x", "y", "z"].map((name) => floats(name, N * F));

  test("SwiGLU and its gradient", async () => {
    const [gate, up, dy] = matrices();
    await compare("swiglu", [N * F], [gate, up, { out: "y", length: N * F }], [wide, wide], ["y"]);
    const outputs = ["dgate", "dup"].map((out) => ({ out, length: N * F }));
    await compare("swigluGrad", [N * F], [gate, up, dy, ...outputs], [wide, wide, wide], ["dgate", "dup"]);
    await compare("swigluGrad", [N * F], [gate, up, dy, ...outputs], [wide, wide], []); // one of them is float32
  });

  for (const D of [16, 32, 64]) {
    test(`rotary positions, heads of ${D}, forward and backward`, async () => {
      const [x] = matrices();
      const tables = [floats("cos", (100 * D) / 2), floats("sin", (100 * D) / 2)];
      for (const sign of [1, -1]) {
        const args = [ints("positions", N, 100), ...tables, x, { out: "y", length: N * F }];
        await compare("rope", [N, F / D, D, 100, sign], args, [null, null, null, wide], ["y"]);
      }
    });
  }

  test("RMSNorm, sums, and a norm's gradient from panels", async () => {
    const [x, dy, z] = matrices();
    const w = floats("w", F);
    const normed = [
      { out: "y", length: N * F },
      { out: "inverse", length: N },
    ];
    const { inverse } = await compare("rmsNorm", [N, F, 1e-6], [x, w, ...normed], [], ["y"]);
    const gradients = [
      { out: "dx", length: N * F },
      { out: "dw", length: F },
    ];
    const args = [x, w, inverse, dy, ...gradients, z];
    await compare("rmsNormGrad", [N, F], args.slice(0, 6), [null, null, null, wide], []);
    const sum = [x, dy, { out: "y", length: N * F }];
    await compare("binary", [0, N * F, 0], sum, [null, wide], []);
    await compare("binary", [0, N * F, 0], sum, [wide, wide], []);
    await compare("binary", [2, N * F, 0], sum, [wide, wide], []);
  });

  for (const [B, T, H, K] of [
    [1, 64, 2, 1],
    [8, 72, 2, 2],
    [2, 160, 3, 1],
    [1, 256, 1, 1],
  ]) {
    for (const [name, mask] of Object.entries({
      causal: packedMask(B, T, T),
      documents: packedMask(B, T, 40),
      any: arbitraryMask("mask", B, T),
    })) {
      test(`attention and its gradient over [${B},${T}], ${H} heads on ${K}, ${name}`, async () => {
        const edges = [mask.contextStart, mask.contextEnd, mask.branchStart];
        const [q, k, v] = [H, K, K].map((heads, i) => floats(`${i}`, B * T * heads * 64));
        const sizes = [B, T, H, K, 64];
        const [queries, keys] = [H, K].map((heads) => [B * T, heads * 64] as const);
        const operands = [null, null, null, queries, keys, keys];
        const out = [
          { out: "o", length: q.length },
          { out: "lse", length: B * T * H },
        ];
        const { o, lse } = await compare("attention", sizes, [...edges, q, k, v, ...out], operands, ["o"], 0.2);
        const gradients = [q, k, v].map(({ length }, i) => ({ out: ["dq", "dk", "dv"][i], length }));
        const args = [...edges, q, k, v, o, lse, floats("dy", q.length), ...gradients];
        const all = [...operands, queries, null, queries];
        await compare("attentionGrad", sizes, args, all, ["dq", "dk", "dv"], 0.2);
      });
    }
  }

  test("cross entropy over panelled rows, in several chunks", async () => {
    const [N, C, V] = [192, 64, 128]; // chunks of 128 rows
    const rows = Int32Array.from({ length: N }, (_, i) => i);
    const outputs = [
      { out: "log p", length: N },
      { out: "dx", length: N * C },
      { out: "dw", length: V * C },
    ];
    const args = [rows, ints("labels", N, V), floats("x", N * C), floats("w", V * C, 0.3), ...outputs];
    await compare("crossEntropy", [N, C, V, N, 1 / N], args, [null, null, [N, C]], []);
  });

  test("a training step stores panels, with nearly the gradients of float32, in less memory, twice the same", async () => {
    const config = twoLayers(256);
    const first = await checkedStep(config, { loss: 0.01, gradient: 0.03 });
    const names = Object.keys(first.kernels);
    for (const name of ["swiglu_panels", "swiglu_grad_panels", "rope_panels", "delta_panels", "attention_dq_wide"])
      assert.ok(names.includes(name), `${name} of ${names}`);
    assert.ok(!names.includes("pack_wide"), "nothing is packed");
    card.wideFrom = Number.POSITIVE_INFINITY;
    const stored = await step(config, "cuda");
    card.wideFrom = 0;
    assert.ok(first.peakBytes < 0.9 * stored.peakBytes, `${first.peakBytes} of ${stored.peakBytes}`);
  });
});

describe("tf32 panels, which Hopper's products read", { skip: nativeMissing(emulatorMissing) }, () => {
  before(() => {
    card.wideFrom = 0;
    card.precisions = { training: "tf32", scoring: "tf32" };
  });
  after(() => tf.setBackend("native"));

  testSums();

  test("operands are rounded to the nearest: a product of rounded numbers is exact", async () => {
    // products of two tf32 numbers with few bits, whose sums float32 holds exactly; off by less than half of tf32's last bit
    const [M, N, K] = [70, 90, 40];
    const draw = Rng.fromSeed("exact");
    const exact = (n: number) => Float32Array.from({ length: n }, () => (draw.int(64) - 32) / 8);
    const [a, b] = [exact(M * K), exact(K * N)];
    const off = (x: Float32Array) => x.map((y) => y * (1 + (draw.int(2) === 0 ? 1 : -1) * 2 ** -12));
    const want = new Float32Array(M * N);
    loadNative().addon.gemm(1, M, N, K, 0, 0, 0, a, b, want);
    const blocks = [off(a), off(b), want.slice().fill(Number.NaN)].map((x) => onDevice(card, x));
    const [A, B, C] = blocks.map(({ piece }) => piece);
    card.run("gemm", [1, M, N, K, 0, 0, 0, 0], [A, B, C]);
    assert.deepEqual(card.downloadNow(C, M * N), want);
    for (const block of blocks) card.memory.release(block);
  });

  test("a changed operand is packed again, an unchanged one is not, and few are kept", () => {
    const [M, N, K] = [64, 128, 64];
    const [a, ...others] = Array.from({ length: 9 }, (_, i) => onDevice(card, floats(`${i}`, M * K)));
    const c = onDevice(card, new Float32Array(M * N));
    const b = onDevice(card, floats("b", N * K));
    const packings = (x: typeof a, transposed = 0) => {
      card.profile(true);
      card.run("gemm", [1, M, N, K, transposed, 1 - transposed, 0, 0], [x.piece, b.piece, c.piece]);
      return card.profile(false).to_tf32_panels?.[1] ?? 0;
    };
    assert.equal(packings(a), 2);
    const first = card.downloadNow(c.piece, M * N);
    assert.equal(packings(a), 0);
    card.upload(
      a.piece,
      floats("0", M * K).map((x) => 2 * x),
    );
    assert.equal(packings(a), 1);
    assert.deepEqual(
      card.downloadNow(c.piece, M * N),
      first.map((x) => 2 * x),
    );
    const used = card.memory.usedBytes;
    for (const x of others) assert.equal(packings(x), 1);
    const bytes = 64 * 64 * 4 + 256 * 128; // panels of one of them
    assert.ok(card.memory.usedBytes - used <= 4 * 1.25 * bytes, `${card.memory.usedBytes - used}`);
    assert.equal(packings(a), 1);
    for (const block of [a, ...others, b, c]) card.memory.release(block);
  });

  test("a training step: nearly the gradients of float32, twice the same, each operand packed once", async () => {
    const first = await checkedStep(twoLayers(160), { loss: 1e-4, gradient: 2e-3 });
    // per layer: inputs of its 7 maps (4, forward and turned), their weights (the same), their gradients (both in one pass);
    // per chunk of logits: rows, rows turned and the gradient; the output matrix twice
    const packings = 2 * (2 * 4 + 2 * 7 + 7) + 2 * 3 + 2;
    assert.equal(first.kernels.to_tf32_panels[1], packings);
    for (const pass of ["", "_dq", "_dkv"]) assert.equal(first.kernels[`attention${pass}_wide_tf32`][1], 2);
    // the gradients for the inputs of q, k, v and of gate, up are one product each
    const products = Object.entries(first.kernels).filter(([name]) => name.startsWith("gemm_wide_tf32"));
    assert.equal(
      products.reduce((sum, [, [, launches]]) => sum + launches, 0),
      2 * (7 * 3 - 3) + 2 * 3,
    );
  });
});

/** Sums of products beside the products, of which the card computes each alone. */
function testSums() {
  for (const [M, N, ...widths] of [
    [192, 320, 64, 192],
    [128, 128, 65, 130, 8],
    [70, 90, 40, 100], //         never panels
    [64, 128, 1024, 960, 100], // in parts
  ]) {
    test(`a sum of products [${M},${N}] of ${widths} channels`, () => {
      const C = onDevice(card, new Float32Array(M * N).fill(Number.NaN));
      const c = onDevice(card, new Float32Array(M * N));
      const operands = widths.flatMap((K, i) => [floats(`A ${i}`, M * K), floats(`B ${i}`, K * N)]);
      const blocks = operands.map((x) => onDevice(card, x));
      const pieces = blocks.map(({ piece }) => piece);
      const want = new Float64Array(M * N);
      for (const [i, K] of widths.entries()) {
        card.run("gemm", [1, M, N, K, 0, 0, 0, 0], [pieces[2 * i], pieces[2 * i + 1], c.piece]);
        card.downloadNow(c.piece, M * N).forEach((x, n) => {
          want[n] += x;
        });
      }
      const sum = () => {
        card.profile(true);
        card.run("gemmSum", [M, N, ...widths], [C.piece, ...pieces]);
        const launches = Object.entries(card.profile(false)).filter(([name]) => name.startsWith("gemm"));
        const isPanelled = C.piece.isPanelled;
        return {
          launches: launches.reduce((n, [, [, count]]) => n + count, 0),
          isPanelled,
          C: card.downloadNow(C.piece, M * N),
        };
      };
      const inOne = sum();
      assert.equal(inOne.launches, 1);
      assert.equal(inOne.isPanelled, card.precision === "bf16" && M % 64 === 0 && N % 64 === 0 && widths[0] < 1024);
      assert.ok(relative(inOne.C, Float32Array.from(want)) < (inOne.isPanelled ? 3e-3 : 1e-6));
      assert.deepEqual(sum(), inOne);
      card.wideFrom = Number.POSITIVE_INFINITY;
      const inTurn = sum();
      card.wideFrom = 0;
      assert.equal(inTurn.launches, widths.length);
      assert.ok(relative(inTurn.C, Float32Array.from(want)) < 1e-5);
      for (const block of [C, c, ...blocks]) card.memory.release(block);
    });
  }
}

function twoLayers(intermediateSize: number) {
  const heads = { numAttentionHeads: 2, numKeyValueHeads: 1 };
  return llamaConfig({ vocabSize: 192, hiddenSize: 128, intermediateSize, numHiddenLayers: 2, ...heads });
}

/** A step on the card: the same bytes twice, and relative to a step on the CPU within the limits. */
async function checkedStep(config: ReturnType<typeof llamaConfig>, limits: { loss: number; gradient: number }) {
  const want = await step(config, "native");
  const first = await step(config, "cuda");
  const second = await step(config, "cuda");
  assert.deepEqual([second.loss, second.gradients], [first.loss, first.gradients]);
  assert.ok(Math.abs(first.loss - want.loss) < limits.loss * want.loss, `${first.loss}, want ${want.loss}`);
  for (const [name, gradient] of want.gradients) {
    const error = relative(first.gradients.get(name) as Float32Array, gradient);
    assert.ok(error < limits.gradient, `${name}: ${error}`);
  }
  return first;
}

async function step(config: ReturnType<typeof llamaConfig>, backend: string) {
  await tf.setBackend(backend);
  card.memory.trim();
  card.memory.peakBytes = card.memory.usedBytes;
  const rng = Rng.fromSeed("panels");
  const llama = Llama.init(config, rng.fork("weights"));
  const [B, T] = [4, 64];
  const batch = emptyBatch(B, T);
  const labels = new Int32Array(B * T);
  for (let b = 0; b < B; b++) {
    const tokens = Int32Array.from({ length: T + 1 }, () => rng.int(config.vocabSize));
    place(batch, b, 0, tokens, { from: 0, to: T });
    labels.set(tokens.subarray(1), b * T);
  }
  card.profile(true);
  const { value, grads } = lossAndGradients(() => llama.loss(batch, labels, "mean"), [...llama.weights.values()]);
  const kernels = card.profile(false);
  const gradients = new Map<string, Float32Array>();
  for (const [name, variable] of llama.weights) {
    gradients.set(name, (await grads[variable.name].data<"float32">()).slice());
    grads[variable.name].dispose();
  }
  const [loss] = await value.data();
  value.dispose();
  llama.dispose();
  await tf.setBackend("native");
  return { loss, gradients, kernels, peakBytes: card.memory.peakBytes };
}

/**
 * Run a kernel on inputs that are panels and natively on their rounded numbers; compare.
 *
 * @param shapes - of the inputs that are panels; null or nothing: float32
 * @param panels - names of the outputs that must be panels
 * @returns the native outputs
 */
async function compare(
  kernel: KernelName,
  sizes: readonly number[],
  args: readonly Argument[],
  shapes: readonly (readonly [number, number] | null)[],
  panels: readonly string[],
  floor = 0,
): Promise<Record<string, Float32Array>> {
  const isTable = (i: number) => kernel === "rope" && (i === 1 || i === 2);
  const blocks = args.map((x, i) =>
    x === null || x instanceof Int32Array || isTable(i) ? null : onDevice(card, x as Float32Array),
  );
  const inputs = args.map((x, i) => {
    const shape = shapes[i] ?? null;
    return shape === null ? x : panelled((blocks[i] as { piece: CudaPiece }).piece, ...shape);
  });
  const native: Record<string, Float32Array> = {};
  const arrays = inputs.map((x) => {
    if (x === null || ArrayBuffer.isView(x)) return x;
    native[x.out] = new Float32Array(x.length);
    return native[x.out];
  });
  loadNative().addon[kernel](...sizes, ...arrays);
  card.run(
    kernel,
    sizes,
    args.map((x, i) => blocks[i]?.piece ?? (x as Int32Array | Float32Array | null)),
  );
  for (const [i, x] of args.entries()) {
    const block = blocks[i];
    if (block === null || x === null || ArrayBuffer.isView(x)) continue;
    assert.equal(block.piece.isPanelled, panels.includes(x.out), `${kernel} ${x.out}`);
    const error = relative(card.downloadNow(block.piece, x.length), native[x.out], floor);
    assert.ok(error < 2e-2, `${kernel} [${sizes}] ${x.out}: ${error}`);
  }
  for (const block of blocks) if (block !== null) card.memory.release(block);
  return native;
}

/** Let only the panels have a piece's numbers. @returns the rounded numbers */
function panelled(piece: CudaPiece, rows: number, columns: number): Float32Array {
  const values = card.downloadNow(piece, rows * columns);
  panelsOf(card, piece, 1, rows, columns);
  card.upload({ ...piece, panels: null, isPanelled: false }, new Float32Array(rows * columns).fill(Number.NaN));
  piece.isPanelled = true;
  return values.map(rounded);
}

/** To bf16, ties to even. */
function rounded(x: number): number {
  const words = new Uint32Array(new Float32Array([x]).buffer);
  words[0] = (words[0] + 0x7fff + ((words[0] >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(words.buffer)[0];
}

function relative(got: Float32Array, want: Float32Array, floor = 0): number {
  let [over, own] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    over += (got[i] - want[i]) ** 2;
    own += want[i] ** 2;
  }
  return over === 0 ? 0 : Math.sqrt(over / Math.max(own, floor ** 2 * want.length));
}
