/** @file Training in bfloat16 on the processor: the products, their bytes, and what is recorded. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { initBackend, linear, tf } from "../../src/tensor";
import { fusedHost } from "../../src/tensor/fused/register";
import { loadNative } from "../../src/tensor/native/load-addon";
import { nativeMemory } from "../../src/tensor/native/register";
import { trainStage } from "../../src/train/loop";
import { Rng } from "../../src/util/rng";
import { randomConfig } from "../model/support/random-config";
import { temporaryFolder } from "../support/temporary-folder";
import { nativeMissing } from "../tensor/support/native-missing";
import { trained } from "./support/random-training";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./support/tiny-stage";

let skip: string | false = false;

before(async () => {
  const noAvx = () => (loadNative().addon.instructionSets().includes("avx2") ? false : "bf16 needs avx2");
  skip = nativeMissing(noAvx);
  if (skip !== false) return;
  process.env.CLASS_IT_PRECISION = "bf16";
  assert.deepEqual((await initBackend("native")).precisions, { training: "bf16", scoring: "float32" });
});
after(() => nativeMemory()?.configure("best", 0));

const memory = () => nativeMemory() as NonNullable<ReturnType<typeof nativeMemory>>;
/** Those that compute in bf16. */
const instructionSets = () =>
  memory()
    .instructionSets()
    .filter((name) => name.startsWith("avx"));

/** The nearest bfloat16, of two equally near the one with an even last bit; subnormal numbers become 0. */
function nearest(x: number): number {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = x;
  if (!Number.isFinite(x) || Math.abs(x) < 2 ** -126) return Number.isFinite(x) ? 0 : x;
  const low = bits[0] & 0xffff0000;
  const [below, above] = [low, low + 0x10000].map((word) => {
    bits[0] = word;
    return float[0];
  });
  const [toBelow, toAbove] = [Math.abs(x - below), Math.abs(above - x)];
  if (toBelow !== toAbove) return toBelow < toAbove ? below : above;
  return ((low >>> 16) & 1) === 0 ? below : above;
}

test("products are those of rounded operands, within the rounding of float32 sums", (t) => {
  if (skip) return t.skip(skip);
  const rng = Rng.fromSeed("bf16 products");
  for (let round = 0; round < 40; round++) {
    const [M, N, K] = [rng, rng, rng].map(() => 1 + rng.int(round % 2 === 0 ? 40 : 150));
    const [ta, tb, accumulate] = [rng.int(2), rng.int(2), rng.int(2)];
    const scale = 10 ** (rng.int(9) - 4);
    const draw = (n: number) => Float32Array.from({ length: n }, () => rng.normal() * scale);
    const [A, B, before] = [draw(M * K), draw(K * N), draw(M * N)];
    memory().configure(rng.pick(instructionSets()), 1 + rng.int(3));
    memory().setProducts("bf16");
    const C = before.slice();
    memory().run("gemm", [1, M, N, K, ta, tb, accumulate], [A, B, C]);
    memory().setProducts("float32");
    for (let i = 0; i < M; i++) {
      for (let j = 0; j < N; j++) {
        let sum = accumulate * before[i * N + j];
        let size = Math.abs(sum);
        for (let k = 0; k < K; k++) {
          const term =
            nearest(ta === 1 ? A[k * M + i] : A[i * K + k]) * nearest(tb === 1 ? B[j * K + k] : B[k * N + j]);
          sum += term;
          size += Math.abs(term);
        }
        const bound = (K + 3) * 2 ** -24 * size;
        assert.ok(
          Math.abs(C[i * N + j] - sum) <= bound,
          `round ${round}: [${i}, ${j}] is ${C[i * N + j]}, want ${sum}`,
        );
      }
    }
  }
});

test("infinities and NaN stay what they are, subnormal numbers count as 0", (t) => {
  if (skip) return t.skip(skip);
  for (const set of instructionSets()) {
    memory().configure(set, 1);
    memory().setProducts("bf16");
    const product = (a: number, b: number) => {
      const C = new Float32Array(1);
      memory().run("gemm", [1, 1, 1, 1, 0, 0, 0], [Float32Array.of(a), Float32Array.of(b), C]);
      memory().finish();
      return C[0];
    };
    assert.equal(product(Number.POSITIVE_INFINITY, -2), Number.NEGATIVE_INFINITY, set);
    assert.ok(Number.isNaN(product(Number.NaN, 1)), set);
    assert.ok(Number.isNaN(product(Number.POSITIVE_INFINITY, 0)), set);
    assert.equal(product(2 ** -127, 2 ** 100), 0, set);
    assert.equal(product(2 ** -126, 2 ** 100), 2 ** -26, set);
    assert.equal(product(2 ** -80, 2 ** -60), 0, set);
    assert.equal(product(1 + 2 ** -8, 1), 1, set); // half way, to the even neighbour
    assert.equal(product(1 + 3 * 2 ** -8, 1), 1 + 2 ** -6, set);
    memory().setProducts("float32");
  }
});

test("training has the same bytes for every number of threads, with and without AMX", async (t) => {
  if (skip) return t.skip(skip);
  const rng = Rng.fromSeed("bf16 training");
  for (let round = 0; round < 3; round++) {
    const config = randomConfig(rng);
    const seed = rng.int(1 << 20);
    let want: { bytes: Buffer; setting: string } | null = null;
    for (const set of instructionSets()) {
      for (const threads of [1, 3]) {
        memory().configure(set, threads);
        const got = { bytes: await trained(config, Rng.fromSeed(seed)), setting: `${set} with ${threads} threads` };
        want ??= got;
        assert.ok(got.bytes.equals(want.bytes), `round ${round}: ${got.setting} differs from ${want.setting}`);
      }
    }
  }
});

test("outside of training, products are float32", (t) => {
  if (skip) return t.skip(skip);
  memory().configure("best", 0);
  const [x, w] = [2, 3].map((rows) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * 5 }, (_, i) => 1 / (i + 3)),
      [rows, 5],
    ),
  );
  const got = linear(x, w).dataSync();
  const [a, b] = [x.dataSync(), w.dataSync()];
  got.forEach((value, at) => {
    let sum = 0;
    for (let k = 0; k < 5; k++) sum += a[Math.floor(at / 3) * 5 + k] * b[(at % 3) * 5 + k];
    assert.ok(Math.abs(value - sum) < 1e-7, `${value} is not ${sum}`);
  });
});

test("a stage learns as in float32, and its result names the precision", async (t) => {
  if (skip) return t.skip(skip);
  memory().configure("best", 0);
  const host = fusedHost()!;
  const losses = async () => {
    const model = tinyModel();
    const result = await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: temporaryFolder(t) });
    model.dispose();
    assert.deepEqual(result.precisions, ["bf16"]);
    return result.losses.map(({ lossNats }) => lossNats);
  };
  const bf16 = await losses();
  const setPurpose = host.setPurpose;
  host.setPurpose = () => {}; // the same in float32
  const float32 = await losses();
  host.setPurpose = setPurpose;
  const worst = Math.max(...bf16.map((loss, i) => Math.abs(loss - float32[i])));
  assert.ok(worst > 0 && worst < 0.05, `the losses differ by up to ${worst} nats`);
});
