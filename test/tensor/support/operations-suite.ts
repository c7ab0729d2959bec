/**
 * @file The operations' tests, the same for every backend: values against the float64 twins, gradients against finite
 * differences of the twins, PyTorch's numbers, and clear errors.
 *
 * Tolerances are those of float32 sums: 2e-5 of the largest value at these sizes.
 */

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as ops from "../../../src/tensor/index";
import { assertAllClose } from "../../support/close";
import * as twin from "./float64";
import { arbitraryMask, branchedMask, ints, labelsWithHoles, normals, packedMask } from "./random";

const { tf } = ops;
type Tensor = ops.tf.Tensor;

/** Backends whose memory is not ours. */
const FOREIGN = new Set(["tensorflow"]);

/** @param start - starts a backend that `initBackend` does not know */
export function testOperations(backend: string, start?: () => Promise<void>): void {
  describe(`operations on ${backend}`, () => {
    before(async () => {
      if (start === undefined) await ops.initBackend(backend as ops.BackendName);
      else await start();
      assert.equal(tf.getBackend(), backend);
    });

    for (const [V, C, N] of [
      [7, 4, 5],
      [40, 33, 100],
    ]) {
      test(`embedding of ${N} ids picks rows, and adds their gradients where an id repeats`, async () => {
        const ids = ints(`ids ${N}`, N, V);
        await compare(
          { table: [V, C] },
          ({ table }) => ops.embedding(table as never, ids),
          ({ table }) => twin.embedding(table, ids, C),
        );
      });
    }

    for (const [N, C] of [
      [1, 1],
      [3, 8],
      [70, 37],
    ]) {
      test(`rmsNorm of [${N}, ${C}]`, async () => {
        await compare(
          { x: [N, C], weight: [C] },
          ({ x, weight }) => ops.rmsNorm(x as never, weight as never, 1e-5),
          ({ x, weight }) => twin.rmsNorm(x, weight, 1e-5),
        );
      });
    }

    test("rmsNorm of a row of zeros is zero, not a NaN", async () => {
      const y = ops.rmsNorm(tf.zeros([2, 5]), tf.ones([5]), 1e-6);
      assert.deepEqual([...(await y.data())], new Array(10).fill(0));
    });

    for (const [N, I, O] of [
      [1, 1, 1],
      [5, 7, 3],
      [33, 40, 20],
    ]) {
      test(`linear from ${I} to ${O}`, async () => {
        await compare(
          { x: [N, I], weight: [O, I] },
          ({ x, weight }) => ops.linear(x as never, weight as never),
          ({ x, weight }) => twin.product(x, weight, N, O, I, true),
        );
      });
    }

    for (const [N, heads, D, theta] of [
      [3, 1, 2, 10000],
      [9, 2, 6, 500000],
      [40, 3, 64, 10000],
    ]) {
      test(`rope with head size ${D}, base ${theta}`, async () => {
        const positions = ints(`positions ${N}`, N, 600);
        await compare(
          { x: [N, heads * D] },
          ({ x }) => ops.rope(x as never, positions, D, theta),
          ({ x }) => twin.rope(x, positions, D, theta),
        );
      });
    }

    test("rope at position 0 changes nothing, and a score depends on the distance only", async () => {
      const D = 8;
      const [q, k] = ["q", "k"].map((name) => tf.tensor2d(Float32Array.from(normals(name, D)), [1, D]));
      const at = async (x: typeof q, position: number) => await ops.rope(x, Int32Array.of(position), D, 10000).data();
      assertAllClose(await at(q, 0), await q.data(), { rtol: 0, atol: 0 });
      const near = twin.dot(await at(q, 5), await at(k, 3));
      assertAllClose([twin.dot(await at(q, 105), await at(k, 103))], [near], { rtol: 1e-4, atol: 1e-5 });
    });

    const attentionCases: [string, ops.AttentionMask, ops.AttentionShape][] = [
      ["one token", ops.causalMask(1, 1), { B: 1, T: 1, H: 1, K: 1, D: 2 }],
      ["causal", ops.causalMask(2, 5), { B: 2, T: 5, H: 2, K: 2, D: 4 }],
      ["causal, grouped heads", ops.causalMask(1, 9), { B: 1, T: 9, H: 6, K: 2, D: 6 }],
      ["causal, longer than a block", ops.causalMask(2, 103), { B: 2, T: 103, H: 2, K: 1, D: 20 }],
      ["causal, wide heads", ops.causalMask(1, 67), { B: 1, T: 67, H: 1, K: 1, D: 64 }],
      ["packed documents and padding", packedMask(2, 60, 7), { B: 2, T: 60, H: 2, K: 2, D: 8 }],
      ["a shared prefix with branches", branchedMask(2, 150, 70, 9), { B: 2, T: 150, H: 2, K: 2, D: 16 }],
      ["any intervals", arbitraryMask("mask", 2, 90), { B: 2, T: 90, H: 4, K: 2, D: 10 }],
    ];
    for (const [name, mask, shape] of attentionCases) {
      test(`attention: ${name}`, async () => {
        const { B, T, H, K, D } = shape;
        await compare(
          { q: [B * T, H * D], k: [B * T, K * D], v: [B * T, K * D] },
          ({ q, k, v }) => ops.attention(q as never, k as never, v as never, mask, shape),
          ({ q, k, v }) => twin.attention(q, k, v, mask, shape),
        );
      });
    }

    test("attention with scores in the thousands gives the value of the best key, not a NaN", async () => {
      const [T, D] = [4, 2];
      const q = tf.fill([T, D], 1000) as never;
      const k = tf.tensor2d([1, 1, 3, 3, 2, 2, 0, 0], [T, D]);
      const v = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [T, D]);
      const y = ops.attention(q, k, v, ops.causalMask(1, T), { B: 1, T, H: 1, K: 1, D });
      assert.deepEqual([...(await y.data())], [1, 2, 3, 4, 3, 4, 3, 4]);
    });

    test("swiglu", async () => {
      await compare(
        { gate: [9, 13], up: [9, 13] },
        ({ gate, up }) => ops.swiglu(gate as never, up as never),
        ({ gate, up }) => twin.swiglu(gate, up),
      );
    });

    test("swiglu of very large and very small gates stays finite", async () => {
      const gate = tf.tensor2d([-1e4, -90, -20, 0, 20, 90, 1e4], [1, 7]);
      const y = await ops.swiglu(gate, tf.ones([1, 7])).data();
      assertAllClose(y, [0, 0, -20 / (1 + Math.exp(20)), 0, 20, 90, 1e4], { rtol: 1e-5, atol: 1e-6 });
    });

    for (const [N, C, V] of [
      [1, 1, 2],
      [12, 8, 11],
      [130, 20, 37],
    ]) {
      for (const reduction of ["sum", "mean"] as const) {
        test(`linearCrossEntropy, ${reduction} over some of ${N} rows`, async () => {
          const labels = N === 1 ? Int32Array.of(1) : labelsWithHoles(`labels ${N}`, N, V);
          const count = labels.filter((label) => label !== -100).length;
          await compare(
            { x: [N, C], weight: [V, C] },
            ({ x, weight }) => ops.linearCrossEntropy(x as never, weight as never, labels, reduction),
            ({ x, weight }) => {
              const total = -twin.logProbs(x, weight, labels, C).reduce((sum, p) => sum + p, 0);
              return Float64Array.of(reduction === "mean" ? total / count : total);
            },
          );
        });
      }
    }

    test("linearCrossEntropy over so many words that its rows are taken in several parts is the sum over halves", async () => {
      const [N, C, V] = [120, 3, 22_000];
      const all = ints("many words", N, V);
      const part = (from: number, to: number) => all.map((label, n) => (n >= from && n < to ? label : -100));
      const x = tf.tensor(Float32Array.from(normals("many x", N * C)), [N, C]);
      const weight = tf.tensor(Float32Array.from(normals("many w", V * C)), [V, C]);
      const run = async (labels: Int32Array) => {
        const f = (x: Tensor, weight: Tensor) => ops.linearCrossEntropy(x as never, weight as never, labels, "sum");
        const { value, grads } = tf.valueAndGrads(f as never)([x, weight]);
        const numbers = await Promise.all([value, ...grads].map((t) => t.data<"float32">()));
        tf.dispose([value, ...grads]);
        return numbers;
      };
      const [whole, first, second] = [await run(all), await run(part(0, 60)), await run(part(60, N))];
      for (const [i, got] of whole.entries()) {
        const want = got.map((_, j) => first[i][j] + second[i][j]);
        assertAllClose(got, want, near(want), ["value", "dx", "dWeight"][i]);
      }
      tf.dispose([x, weight]);
    });

    test("linearCrossEntropy with every row labelled, and scaled afterwards", async () => {
      const [N, C, V] = [20, 6, 9];
      const labels = ints("all labels", N, V);
      await compare(
        { x: [N, C], weight: [V, C] },
        ({ x, weight }) => tf.mul(ops.linearCrossEntropy(x as never, weight as never, labels, "sum"), 0.25),
        ({ x, weight }) => Float64Array.of(-0.25 * twin.logProbs(x, weight, labels, C).reduce((sum, p) => sum + p, 0)),
      );
    });

    test("linearCrossEntropy of equal logits is ln V, and a sum over no label is 0", async () => {
      const x = tf.zeros([3, 4]) as never;
      const weight = tf.zeros([50, 4]) as never;
      const loss = await ops.linearCrossEntropy(x, weight, Int32Array.of(0, 49, -100), "mean").data();
      assertAllClose(loss, [Math.log(50)], { rtol: 1e-6 });
      const none = ops.linearCrossEntropy(x, weight, Int32Array.of(-100, -100, -100), "sum");
      assert.equal((await none.data())[0], 0);
    });

    test("linearLogProbs are the twin's, 0 where skipped, and sum to 1 over the vocabulary", async () => {
      const [N, C, V] = [70, 12, 29];
      const x = normals("log probs x", N * C);
      const weight = normals("log probs w", V * C);
      const targets = labelsWithHoles("log probs", N, V);
      const hidden = tf.tensor2d(Float32Array.from(x), [N, C]);
      const table = tf.tensor2d(Float32Array.from(weight), [V, C]);
      const logProbs = await ops.linearLogProbs(hidden, table, targets);
      assertAllClose(logProbs, twin.logProbs(x, weight, targets, C), { rtol: 1e-5, atol: 1e-5 });
      let total = 0;
      for (let id = 0; id < V; id++) {
        total += Math.exp((await ops.linearLogProbs(hidden, table, new Int32Array(N).fill(id)))[3]);
      }
      assertAllClose([total], [1], { rtol: 1e-5 });
    });

    test("adamWStep follows the formula for three steps, in place, and leaves the gradient alone", async () => {
      const n = 1003;
      const h = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradientScale: 0.5 };
      const [p, m, v] = [normals("p", n), new Float64Array(n), new Float64Array(n)];
      const own = Float32Array.from(p); // the caller's array must not change when the variable does
      const parameter = tf.variable(tf.tensor1d(own));
      const state = { m: tf.variable(tf.zeros([n])), v: tf.variable(tf.zeros([n])) };
      for (let step = 1; step <= 3; step++) {
        const g = normals(`g ${step}`, n);
        const gradient = tf.tensor1d(Float32Array.from(g));
        ops.adamWStep(parameter, gradient, state, { ...h, step });
        twin.adamW(
          p,
          g.map((x) => x * h.gradientScale),
          m,
          v,
          { ...h, step },
        );
        assertAllClose(await gradient.data(), g, { rtol: 0, atol: 0 }, "gradient");
        gradient.dispose();
      }
      assertAllClose(await parameter.data(), p, { rtol: 1e-5, atol: 1e-6 }, "parameter");
      assertAllClose(await state.m.data(), m, { rtol: 1e-5, atol: 1e-7 }, "m");
      assertAllClose(await state.v.data(), v, { rtol: 1e-5, atol: 1e-7 }, "v");
      assertAllClose(own, normals("p", n), { rtol: 0, atol: 0 }, "the array that the parameter was made from");
    });

    test("adamWStep does not change a tensor that shares the parameter's memory", async () => {
      const initial = tf.tensor1d([1, 2, 3]);
      const parameter = tf.variable(initial);
      const view = tf.reshape(parameter, [3, 1]);
      const state = { m: tf.variable(tf.zeros([3])), v: tf.variable(tf.zeros([3])) };
      const h = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, step: 1, gradientScale: 1 };
      ops.adamWStep(parameter, tf.ones([3]), state, h);
      assert.deepEqual([...(await initial.data())], [1, 2, 3]);
      assert.deepEqual([...(await view.data())], [1, 2, 3]);
      assertAllClose(await parameter.data(), [0.9, 1.9, 2.9], { rtol: 1e-5 });
    });

    test("globalNorm is the length over all tensors", async () => {
      assertAllClose([await ops.globalNorm([tf.tensor1d([3]), tf.tensor2d([[0, 4]]), tf.scalar(12)])], [13]);
      const long = normals("long", 50_001);
      const norm = await ops.globalNorm([tf.tensor1d(Float32Array.from(long))]);
      assertAllClose([norm], [Math.sqrt(twin.dot(long, long))], { rtol: 1e-6 });
      assert.equal(await ops.globalNorm([]), 0);
    });

    test("matMul, with any transposition and over the edges of a block", async () => {
      for (const [M, N, K] of [
        [1, 1, 1],
        [13, 35, 17],
        [100, 50, 900],
        [3, 2100, 40],
        [257, 33, 5],
        [50, 64, 400], // whole panels: read where they lie
        [1024, 32, 20], // rows 4 kB apart: packed
        [20, 1024, 30],
        [30, 40, 1024],
      ]) {
        const a = normals(`a ${M} ${K}`, M * K);
        const b = normals(`b ${N} ${K}`, N * K);
        const want = twin.product(a, b, M, N, K, true);
        const A = tf.tensor2d(Float32Array.from(a), [M, K]);
        const B = tf.tensor2d(Float32Array.from(b), [N, K]);
        for (const [ta, tb] of [
          [false, false],
          [false, true],
          [true, false],
          [true, true],
        ]) {
          const c = tf.tidy(() => tf.matMul(ta ? tf.transpose(A) : A, tb ? B : tf.transpose(B), ta, tb));
          assertAllClose(await c.data(), want, { rtol: 1e-4, atol: 2e-6 * K }, `${M} ${N} ${K} ${ta} ${tb}`);
        }
      }
    });

    testErrors();
    testBlocks();
    testTensorLife();
  });
}

/** What is refused, and with which words. Each of these would otherwise read or write outside of an array. */
function testErrors(): void {
  const shape = { B: 1, T: 2, H: 1, K: 1, D: 2 };
  const m = (rows: number, columns: number) => tf.zeros([rows, columns]) as never;
  const cases: [string, () => unknown, RegExp][] = [
    ["an id beyond the table", () => ops.embedding(m(4, 2), Int32Array.of(0, 4)), /ids\[1\] = 4, want 0 to 3/],
    ["a negative id", () => ops.embedding(m(4, 2), Int32Array.of(-1)), /ids\[0\] = -1/],
    ["ids that are not an Int32Array", () => ops.embedding(m(4, 2), [1] as never), /Int32Array/],
    ["widths that differ", () => ops.linear(m(2, 3), m(4, 5)), /linear: the width of x is 3, want 5/],
    ["a tensor of integers", () => ops.rmsNorm(tf.zeros([2, 2], "int32") as never, tf.ones([2]), 1e-5), /int32/],
    ["a weight of another length", () => ops.rmsNorm(m(2, 3), tf.ones([2]), 1e-5), /weight is 2, want 3/],
    ["an odd head size", () => ops.rope(m(2, 6), Int32Array.of(0, 1), 3, 10000), /even/],
    ["a negative position", () => ops.rope(m(1, 4), Int32Array.of(-1), 4, 10000), /positionIds\[0\] = -1/],
    [
      "a label beyond the vocabulary",
      () => ops.linearCrossEntropy(m(1, 2), m(3, 2), Int32Array.of(3), "sum"),
      /want 0 to 2 or -100/,
    ],
    [
      "a mean over no label",
      () => ops.linearCrossEntropy(m(1, 2), m(3, 2), Int32Array.of(-100), "mean"),
      /every label is -100/,
    ],
    [
      "query heads that are no multiple",
      () => ops.attention(m(2, 6), m(2, 4), m(2, 4), ops.causalMask(1, 2), { ...shape, H: 3, K: 2 }),
      /multiple of K = 2/,
    ],
    [
      "an empty batch",
      () => ops.attention(m(0, 2), m(0, 2), m(0, 2), ops.causalMask(0, 2), { ...shape, B: 0 }),
      /B wants a whole number, at least 1/,
    ],
    [
      "a batch of 2^31",
      () => ops.attention(m(2, 2), m(2, 2), m(2, 2), ops.causalMask(1, 2), { ...shape, B: 2 ** 31 }),
      /B wants a whole number/,
    ],
    [
      "a shape that is not the tensors'",
      () => ops.attention(m(2, 2), m(2, 2), m(2, 2), ops.causalMask(1, 2), { ...shape, D: 4 }),
      /columns of q is 2, want 4/,
    ],
    [
      "a mask of another length",
      () => ops.attention(m(2, 2), m(2, 2), m(2, 2), ops.causalMask(1, 3), shape),
      /Int32Array of B\*T = 2/,
    ],
    [
      "a mask that sees the future",
      () => {
        const mask = { ...ops.causalMask(1, 2), contextEnd: Int32Array.of(2, 0) };
        return ops.attention(m(2, 2), m(2, 2), m(2, 2), mask, shape);
      },
      /token 0 of row 0 has context \[0, 2\)/,
    ],
    [
      "a gradient of another shape",
      () => {
        const state = { m: tf.variable(tf.zeros([2])), v: tf.variable(tf.zeros([2])) };
        const h = { learningRate: 1, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 1 };
        ops.adamWStep(tf.variable(tf.zeros([2])), tf.zeros([3]), state, h);
      },
      /want.*\[2\], got float32 \[3\]/,
    ],
  ];
  for (const [what, call, message] of cases) {
    test(`${what} is refused`, () => {
      assert.throws(call, message);
    });
  }
  test("a tensor larger than any memory is refused", (t) => {
    if (FOREIGN.has(tf.getBackend())) return t.skip("not our memory");
    const [x, weight] = [m(200_000, 1), m(200_000, 1)]; // 160 GB
    assert.throws(
      () => ops.linear(x, weight),
      /RangeError: (.*no memory for a tensor (of 160000000000|\[200000,200000\])|Invalid)/,
    );
    tf.dispose([x, weight]);
  });

  test("no rows in, no rows out", async () => {
    for (const y of [
      ops.linear(m(0, 3), m(4, 3)),
      ops.rmsNorm(m(0, 4), tf.ones([4]), 1e-5),
      ops.swiglu(m(0, 4), m(0, 4)),
      ops.rope(m(0, 4), new Int32Array(0), 4, 10000),
      ops.embedding(m(3, 4), new Int32Array(0)),
    ]) {
      assert.deepEqual(y.shape, [0, 4]);
      assert.equal((await y.data()).length, 0);
    }
  });

  test("targets out of range are refused when scoring", async () => {
    await assert.rejects(ops.linearLogProbs(m(1, 2), m(3, 2), Int32Array.of(7)), /want 0 to 2/);
  });
}

function testBlocks(): void {
  const [B, T, C, F] = [2, 9, 8, 12];
  const shapes: number[][] = [[B * T, C], [C], [C, C], [F, C], [F, C], [C, F]];
  const inputs = () =>
    shapes.map((shape, i) => {
      const numbers = normals(
        `block ${i}`,
        shape.reduce((a, b) => a * b),
      );
      return tf.tensor(Float32Array.from(numbers), shape);
    });
  const positions = Int32Array.from({ length: B * T }, (_, i) => i % T);
  /** Every operation that a block knows; values used twice. */
  const layer = (x: ops.tf.Tensor2D, weights: readonly Tensor[]) => {
    const [norm] = weights as ops.tf.Tensor1D[];
    const [, q, gate, up, down] = weights as ops.tf.Tensor2D[];
    const n = ops.rmsNorm(x, norm, 1e-5);
    const turned = ops.rope(ops.linear(n, q), positions, 4, 10000);
    const y = ops.add(x, ops.attention(turned, turned, n, ops.causalMask(B, T), { B, T, H: 2, K: 2, D: 4 }));
    return ops.add(y, ops.linear(ops.swiglu(ops.linear(y, gate), ops.linear(y, up)), down));
  };
  const plain = (...list: Tensor[]): Tensor => layer(list[0] as ops.tf.Tensor2D, list.slice(1));
  const whole = (...list: Tensor[]): Tensor => ops.block(layer, list[0] as ops.tf.Tensor2D, list.slice(1));
  const bytesOf = async (x: Tensor) => Buffer.from((await x.data()).slice().buffer).toString("hex");
  const bytesAndGone = async (x: Tensor) => {
    const bytes = await bytesOf(x);
    x.dispose();
    return bytes;
  };

  test("a block gives the bytes of its operations, and leaves nothing behind", async () => {
    const list = inputs();
    const dy = tf.tensor(Float32Array.from(normals("block dy", B * T * C)), [B * T, C]);
    const tensors = tf.memory().numTensors;
    const want = await plainly(() => tf.valueAndGrads(plain)(list, dy));
    const got = await plainly(() => tf.valueAndGrads(whole)(list, dy));
    assert.deepEqual(got, want);
    const scored = await bytesAndGone(tf.tidy(() => whole(...list)));
    assert.equal(scored, want[0], "without a gradient");
    assert.equal(tf.memory().numTensors, tensors);
    tf.dispose([...list, dy]);

    function plainly(run: () => { value: Tensor; grads: Tensor[] }): Promise<string[]> {
      const { value, grads } = run();
      return Promise.all([value, ...grads].map(bytesAndGone));
    }
  });

  test("a block that fails leaves nothing behind, and the next one works", async () => {
    const list = inputs();
    const tensors = tf.memory().numTensors;
    const wrong = [...list.slice(0, 3), ...list.slice(4), list[3]];
    assert.throws(() => tf.tidy(() => ops.block(layer, wrong[0] as never, wrong.slice(1))), /width of x is 8, want 12/);
    assert.equal(tf.memory().numTensors, tensors);
    assert.equal(await bytesAndGone(tf.tidy(() => whole(...list))), await bytesAndGone(tf.tidy(() => plain(...list))));
    tf.dispose(list);
  });
}

function testTensorLife(): void {
  test("no operation leaks a tensor, forward or backward", async () => {
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      const { value, grads } = tinyStep();
      value.dispose();
      for (const g of Object.values(grads)) g.dispose();
    }
    for (const variable of Object.values(tinyVariables ?? {})) variable.dispose();
    tinyVariables = null;
    assert.equal(tf.memory().numTensors, before);
  });
}

let tinyVariables: Record<string, ops.tf.Variable> | null = null;
function tinyStep() {
  const [B, T, C, V] = [2, 6, 8, 11];
  const numbers = (name: string, shape: number[]) =>
    Float32Array.from(
      normals(
        name,
        shape.reduce((a, b) => a * b),
      ),
    );
  tinyVariables ??= Object.fromEntries(
    Object.entries({ table: [V, C], norm: [C], q: [C, C], gate: [C, C] }).map(([name, shape]) => [
      name,
      tf.tidy(() => tf.variable(tf.tensor(numbers(name, shape), shape))),
    ]),
  );
  const w = tinyVariables as Record<string, never>;
  const ids = ints("tiny", B * T, V);
  const positions = ids.map((_, i) => i % T);
  return tf.variableGrads(() => {
    const x = ops.rmsNorm(ops.embedding(w.table, ids), w.norm, 1e-5);
    const q = ops.rope(ops.linear(x, w.q), positions, 4, 10000);
    const a = ops.attention(q, q, x, ops.causalMask(B, T), { B, T, H: 2, K: 2, D: 4 });
    return ops.linearCrossEntropy(ops.swiglu(ops.linear(a, w.gate), x), w.table, ids, "mean");
  });
}

/**
 * Compare an operation with its twin: the value element by element; then, for the loss `Σ r·y` with random `r`, the
 * gradient of every input: element by element where it is small, and along random directions always.
 */
async function compare(
  shapes: Record<string, number[]>,
  operation: (inputs: Record<string, Tensor>) => Tensor,
  reference: (inputs: Record<string, Float64Array>) => Float64Array,
): Promise<void> {
  const names = Object.keys(shapes);
  const inputs = Object.fromEntries(
    names.map((name) => [
      name,
      normals(
        `${name} ${shapes[name]}`,
        shapes[name].reduce((a, b) => a * b, 1),
      ),
    ]),
  );
  const want = reference(inputs);
  const tensors = names.map((name) => tf.tensor(Float32Array.from(inputs[name]), shapes[name]));
  const named = (list: Tensor[]) => Object.fromEntries(names.map((name, i) => [name, list[i]]));
  const value = tf.tidy(() => operation(named(tensors)));
  assertAllClose(await value.data(), want, near(want), "value");

  const r = normals("loss weights", want.length);
  const weights = tf.tensor(Float32Array.from(r), value.shape);
  const { grads } = tf.valueAndGrads((...list: Tensor[]) => operation(named(list)))(tensors, weights);
  for (const [i, name] of names.entries()) {
    const gradient = await grads[i].data();
    const loss = (x: Float64Array) => twin.dot(reference({ ...inputs, [name]: x }), r);
    if (inputs[name].length * want.length <= 20_000) {
      const slopes = twin.finiteDifferences(loss, inputs[name]);
      assertAllClose(gradient, slopes, near(slopes), `gradient of ${name}`);
    }
    for (let d = 0; d < 3; d++) {
      const direction = normals(`direction ${d}`, gradient.length);
      const slope = twin.directional(loss, inputs[name], direction);
      const size = Math.sqrt(twin.dot(direction, direction) * twin.dot(gradient, gradient));
      assertAllClose(
        [twin.dot(gradient, direction)],
        [slope],
        { rtol: 0, atol: 2e-6 * size + 1e-6 },
        `slope of ${name}`,
      );
    }
    grads[i].dispose();
  }
  for (const tensor of [...tensors, value, weights]) tensor.dispose();
}

function near(want: ArrayLike<number>) {
  let largest = 0;
  for (let i = 0; i < want.length; i++) largest = Math.max(largest, Math.abs(want[i]));
  return { rtol: 1e-4, atol: 2e-5 * largest + 1e-7 };
}
