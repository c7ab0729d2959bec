import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, describe, test } from "node:test";
import type { PooledBackend } from "../../src/tensor/fused/pooled-backend";
import * as ops from "../../src/tensor/index";
import { loadNative } from "../../src/tensor/native/load-addon";
import { nativeMemory } from "../../src/tensor/native/register";
import { everyKernel } from "./support/every-kernel";
import { nativeMissing } from "./support/native-missing";
import { testOperations } from "./support/operations-suite";
import { ints, normals } from "./support/random";
import { checkTrainingRun, testAgainstTorch } from "./support/torch-suite";

const { tf } = ops;

const absent = nativeMissing();

if (absent !== false) test("the native backend", { skip: absent }, () => {});
else {
  testOperations("native");
  testAgainstTorch();
  test("a small training run gives PyTorch's losses", checkTrainingRun);
  testBytes();
  testMemory();
  testPointers();
  test("two calls of initBackend at the same time start one backend", () => {
    const script = `
      const { initBackend, tf } = require("./src/tensor/index.ts");
      Promise.all([initBackend("native"), initBackend("native")]).then(([first, second]) => {
        const sum = tf.add(tf.tensor1d([1, 2]), tf.tensor1d([1, 1]));
        console.log(first === second, ...tf.neg(sum).dataSync());
      });`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
    assert.deepEqual([stdout, stderr], ["true -2 -3\n", ""]);
  });
}

function testBytes(): void {
  describe("bytes", () => {
    const memory = () => nativeMemory() as NonNullable<ReturnType<typeof nativeMemory>>;
    after(() => memory().configure("best", 0));

    test("are the same on every run, for any number of threads and on every instruction set", async () => {
      let want: string | null = null;
      for (const instructionSet of memory().instructionSets()) {
        for (const threads of instructionSet === "scalar" ? [1, 3] : [1, 2, 3, 7]) {
          memory().configure(instructionSet, threads);
          const got = await everyKernel();
          want ??= got;
          assert.ok(got === want, `${instructionSet} with ${threads} threads differs`);
        }
      }
    });
  });
}

function testMemory(): void {
  test("a thousand steps leak no tensor, and the pool does not grow", async () => {
    const [N, C, V] = [32, 16, 40];
    const table = tf.variable(tf.tensor2d(Float32Array.from(normals("leak", V * C)), [V, C]));
    const state = { m: tf.variable(tf.zeros([V, C])), v: tf.variable(tf.zeros([V, C])) };
    const h = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradientScale: 1 };
    const one = (step: number) => {
      const ids = ints(`step ${step}`, N + (step % 5), V); // lengths that change, as batches do
      const { value, grads } = tf.variableGrads(() =>
        ops.linearCrossEntropy(ops.embedding(table as never, ids), table as never, ids, "mean"),
      );
      for (const g of Object.values(grads)) {
        ops.adamWStep(table, g, state, { ...h, step });
        g.dispose();
      }
      value.dispose();
    };
    for (let step = 1; step <= 10; step++) one(step);
    const tensors = tf.memory().numTensors;
    const { used, free } = nativeMemory()?.bytes() ?? { used: 0, free: 0 };
    for (let step = 11; step <= 1000; step++) one(step);
    assert.equal(tf.memory().numTensors, tensors);
    assert.equal(nativeMemory()?.bytes().used, used);
    assert.ok((nativeMemory()?.bytes().free ?? 0) <= free + 100_000);
  });

  test("a tensor longer than an ArrayBuffer may be is refused, whatever memory the machine has", () => {
    const floats = 2 ** 30 + 1;
    assert.throws(() => nativeMemory()?.allocate(floats), /RangeError: native: no memory .* of 4294967300 bytes/);
  });

  test("ids may change after the call, though the kernel runs when its numbers are read", () => {
    const table = tf.tensor2d([1, 2, 3], [3, 1]);
    const ids = Int32Array.of(2, 0);
    const rows = ops.embedding(table, ids);
    ids.fill(1);
    assert.deepEqual([...rows.dataSync()], [3, 1]);
  });

  test("so may an array that the user made a tensor of", () => {
    const numbers = Float32Array.of(1, 2);
    const sum = tf.add(tf.tensor1d(numbers), tf.tensor1d([1, 1]));
    numbers.fill(100);
    assert.deepEqual([...sum.dataSync()], [2, 3]);
  });

  test("after an error in a noted call, results are NaN and not what was in memory", () => {
    const host = tf.backend() as unknown as PooledBackend;
    const wrong = tf.engine().makeTensorFromTensorInfo(host.output([2, 1]));
    host.run("embedding", [2, 1, 2], [Int32Array.of(0, 2), tf.tensor2d([1, 2], [2, 1]), wrong]); // there is no row 2
    const next = tf.add(wrong, tf.ones([2, 1]));
    assert.throws(() => next.dataSync(), /native embedding: .*id out of range/);
    assert.deepEqual([...wrong.dataSync(), ...next.dataSync()], Array(4).fill(Number.NaN));
    assert.deepEqual([...tf.add(tf.tensor1d([1]), tf.tensor1d([2])).dataSync()], [3]);
  });

  test("whole numbers as float32 are read by kernels, and keep their own type", () => {
    const integers = tf.tensor1d([1, -2], "int32");
    assert.deepEqual([...tf.mul(integers, tf.scalar(0.5)).dataSync()], [0.5, -1]);
    assert.deepEqual([...tf.add(tf.cast(integers, "float32"), tf.tensor1d([1, 1])).dataSync()], [2, -1]);
    assert.deepEqual(
      [...tf.add(tf.cast(tf.tensor1d([true, false]), "float32"), tf.tensor1d([1, 1])).dataSync()],
      [2, 1],
    );
    assert.ok(integers.dataSync() instanceof Int32Array);
  });

  test("noted calls do not hold more and more of the user's arrays", () => {
    let sum = tf.zeros([1 << 20]);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i++) {
      const next = tf.tidy(() => tf.add(sum, tf.tensor1d(new Float32Array(1 << 20)))); // 800 MB in all
      sum.dispose();
      sum = next;
    }
    assert.ok(process.memoryUsage().arrayBuffers < before + (400 << 20));
    sum.dispose();
  });

  test("more calls than are noted at once run in order", () => {
    const sum = tf.tidy(() => {
      let x = tf.zeros([2]);
      for (let i = 1; i <= 3000; i++) x = tf.add(x, tf.tensor1d([i, -i]));
      return x;
    });
    assert.deepEqual([...sum.dataSync()], [4501500, -4501500]);
  });

  test("what leaves the backend is a copy, and a slice outlives its source", async () => {
    const source = tf.add(tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([10, 10, 10, 10]));
    const slice = tf.slice(source, 1, 2);
    const read = source.dataSync();
    source.dispose();
    const next = tf.add(tf.tensor1d([0, 0, 0, 0]), tf.tensor1d([7, 7, 7, 7])); // takes the source's memory
    assert.deepEqual([...read], [11, 12, 13, 14]);
    assert.deepEqual([...slice.dataSync()], [12, 13]);
    assert.deepEqual([...next.dataSync()], [7, 7, 7, 7]);
  });
}

/** The addon's own checks, behind those of the operations. */
function testPointers(): void {
  test("the addon refuses what does not fit, before it touches memory", () => {
    const { addon } = loadNative();
    const f = (n: number) => new Float32Array(n);
    const i = (...ids: number[]) => Int32Array.from(ids);
    const wrong: [string, () => unknown, RegExp][] = [
      ["too few arguments", () => addon.gemm(1, 2), /want 10 arguments, got 2/],
      ["a short array", () => addon.gemm(1, 2, 2, 2, 0, 0, 0, f(4), f(3), f(4)), /argument 9 wants 4 elements, got 3/],
      ["a wrong type", () => addon.gemm(1, 2, 2, 2, 0, 0, 0, f(4), i(1, 2, 3, 4), f(4)), /wants a Float32Array/],
      ["a negative size", () => addon.swiglu(-1, f(1), f(1), f(1)), /wants a size/],
      ["half a size", () => addon.swiglu(0.5, f(1), f(1), f(1)), /wants a size/],
      ["a NaN for a size", () => addon.swiglu(Number.NaN, f(1), f(1), f(1)), /wants a size/],
      [
        "sizes whose product overflows",
        () => addon.rmsNorm(2 ** 40, 2 ** 40, 1, f(1), f(1), f(1), f(1)),
        /elements, got 1/,
      ],
      ["an id out of range", () => addon.embedding(1, 1, 1, i(1), f(1), f(1)), /id out of range/],
      [
        "a label out of range",
        () => addon.crossEntropy(1, 1, 2, 1, 1, i(0), i(2), f(1), f(2), f(1), null, null),
        /id out of range/,
      ],
      [
        "a mask beyond its row",
        () => addon.attention(1, 1, 1, 1, 1, i(0), i(2), i(0), f(1), f(1), f(1), f(1), f(1)),
        /interval outside/,
      ],
      [
        "no heads",
        () => addon.attention(1, 1, 0, 0, 1, i(0), i(0), i(0), f(1), f(1), f(1), f(1), f(1)),
        /multiple of K/,
      ],
      ["a buffer longer than V8 allows", () => addon.allocate(2 ** 32 + 1), /at most 4294967296 bytes/],
      ["a null for an array", () => addon.swiglu(1, null, f(1), f(1)), /wants a Float32Array/],
      ["an instruction set that is not there", () => addon.configure("mmx", 1), /does not have/],
    ];
    for (const [what, call, message] of wrong) assert.throws(call, message, what);
  });

  test("a noted call is checked and computed in finish, and the first error forgets the rest", () => {
    const { addon } = loadNative();
    const row = (id: number, y: Float32Array) =>
      addon.later.embedding(1, 1, 2, Int32Array.of(id), Float32Array.of(3, 4), y);
    const [first, second] = [new Float32Array(1), new Float32Array(1)];
    row(1, first);
    row(2, second);
    row(0, second);
    assert.deepEqual([first[0], second[0]], [0, 0]);
    assert.throws(() => addon.finish(), /native embedding: .*id out of range/);
    assert.deepEqual([first[0], second[0]], [4, 0]);
    addon.finish();
    assert.throws(() => addon.later.gemm(1, 2), /want 10 arguments, got 2/);
  });

  test("empty arrays are fine where the operation has nothing to do", () => {
    const { addon } = loadNative();
    const none = new Float32Array(0);
    addon.gemm(1, 0, 5, 0, 0, 0, 0, none, none, none);
    addon.swiglu(0, none, none, none);
    const c = new Float32Array([5, 5]);
    addon.gemm(1, 1, 2, 0, 0, 0, 0, none, none, c);
    assert.deepEqual([...c], [0, 0]);
  });
}
