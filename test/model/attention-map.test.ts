/** @file Attention maps: causal, uniform where queries are zero, and the weights that the tensor library's attention uses. */

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { attentionMaps, headWeights } from "../../src/model/attention-map";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { padRows } from "../../src/model/token-batch";
import { attention, initBackend, tf } from "../../src/tensor";
import { Rng } from "../../src/util/rng";

const config = llamaConfig({
  vocabSize: 20,
  hiddenSize: 16,
  intermediateSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
});
before(async () => {
  await initBackend();
});

test("one map per layer and head; rows sum to 1 and see no later token", () => {
  const maps = attentionMaps(Llama.init(config, Rng.fromSeed("attention map")), [3, 7, 7, 11, 2]);
  assert.deepEqual(
    maps.map(({ layer, head }) => [layer, head]),
    [0, 1].flatMap((layer) => [0, 1, 2, 3].map((head) => [layer, head])),
  );
  for (const { weights } of maps) {
    assert.equal(weights.length, 5);
    for (const [i, row] of weights.entries()) {
      assert.ok(Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-9);
      assert.ok(row.slice(i + 1).every((w) => w === 0));
    }
  }
});

test("with queries of zero every earlier token counts the same", () => {
  const shape = { T: 3, H: 1, K: 1, D: 2 };
  const [weights] = headWeights(new Float32Array(6), new Float32Array([1, 2, 3, 4, 5, 6]), shape);
  assert.deepEqual(weights, [
    [1, 0, 0],
    [1 / 2, 1 / 2, 0],
    [1 / 3, 1 / 3, 1 / 3],
  ]);
});

test("two tokens by hand: scores 0 and ln 3 give a quarter and three quarters", () => {
  const [weights] = headWeights([0, 1], [0, Math.log(3)], { T: 2, H: 1, K: 1, D: 1 });
  assert.ok(Math.abs(weights[1][0] - 0.25) < 1e-12 && Math.abs(weights[1][1] - 0.75) < 1e-12);
});

test("values that are unit vectors make the library's attention return the weights themselves", async () => {
  const [T, H, K, D] = [5, 4, 2, 8];
  const rng = Rng.fromSeed("queries and keys");
  const random = (n: number) => Float32Array.from({ length: n }, () => 2 * rng.normal());
  const [q, k] = [random(T * H * D), random(T * K * D)];
  const unit = Float32Array.from({ length: T * K * D }, (_, i) => (i % D === Math.floor(i / (K * D)) ? 1 : 0));
  const { mask } = padRows([[0, 0, 0, 0, 0]]);
  const summed = tf.tidy(() =>
    attention(tf.tensor2d(q, [T, H * D]), tf.tensor2d(k, [T, K * D]), tf.tensor2d(unit, [T, K * D]), mask, {
      B: 1,
      T,
      H,
      K,
      D,
    }),
  );
  const rows = await summed.data();
  const weights = headWeights(q, k, { T, H, K, D });
  for (let i = 0; i < T; i++) {
    for (let h = 0; h < H; h++) {
      for (let j = 0; j < T; j++) {
        const expected = rows[(i * H + h) * D + j];
        assert.ok(Math.abs(weights[h][i][j] - expected) < 1e-5, `${weights[h][i][j]} and ${expected}`);
      }
    }
  }
});
