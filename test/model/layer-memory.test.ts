import assert from "node:assert/strict";
import { before, test } from "node:test";
import { parameterShapes } from "../../src/model/count-parameters";
import { Llama } from "../../src/model/llama";
import { padRows } from "../../src/model/token-batch";
import { tf } from "../../src/tensor";
import { Rng } from "../../src/util/rng";
import { TINY_CONFIG } from "../train/support/tiny-stage";

before(async () => {
  await tf.setBackend("cpu"); // a backend without fused kernels
});

const rng = Rng.fromSeed("layer-memory");
const ROWS = Array.from({ length: 4 }, () => Array.from({ length: 32 }, () => rng.int(24)));

/** Most bytes of tensors that a training pass holds at a time, and those that it holds between its two halves. */
async function bytesOf(numHiddenLayers: number, recompute: boolean): Promise<{ peak: number; between: number }> {
  const model = Llama.init({ ...TINY_CONFIG, numHiddenLayers }, Rng.fromSeed("memory"));
  model.recompute = recompute;
  const batch = padRows(ROWS);
  const labels = Int32Array.from(ROWS.flatMap((row) => [...row.slice(1), -100]));
  const before = tf.memory();
  let between = 0;
  const { peakBytes } = await tf.profile(() => {
    const { value, grads } = tf.variableGrads(() => {
      const loss = model.loss(batch, labels);
      between = tf.memory().numBytes - before.numBytes;
      return loss;
    }, [...model.weights.values()]);
    tf.dispose([value, ...Object.values(grads)]);
    return value;
  });
  assert.equal(tf.memory().numTensors, before.numTensors);
  model.dispose();
  return { peak: peakBytes - before.numBytes, between };
}

const layerWeights = [...parameterShapes(TINY_CONFIG)]
  .filter(([name]) => name.startsWith("model.layers.0."))
  .reduce((bytes, [, shape]) => bytes + 4 * shape.reduce((product, n) => product * n, 1), 0);

test("the backward pass frees each layer: without fused kernels, further layers add only their weights' gradients to its peak", async () => {
  const few = await bytesOf(2, false);
  const many = await bytesOf(8, false);
  const extra = (bytes: typeof few) => bytes.peak - bytes.between; // what the backward pass adds to what was kept for it
  assert.ok(
    extra(many) - extra(few) <= 6 * layerWeights,
    `6 more layers add ${extra(many) - extra(few)} bytes to the backward pass, their gradients are ${6 * layerWeights}`,
  );
});

test("layers that are recomputed keep no more than their input until the backward pass", async () => {
  const few = await bytesOf(2, true);
  const many = await bytesOf(8, true);
  // one layer's input, and handles of its weights, which TensorFlow.js counts although they share their numbers
  const input = 4 * 4 * 32 * TINY_CONFIG.hiddenSize;
  const kept = input + layerWeights;
  assert.ok(many.between - few.between <= 6 * kept, `${many.between - few.between} bytes kept for 6 layers`);
  assert.ok(
    many.peak - few.peak <= 6 * (kept + layerWeights + input),
    `the peak grows by ${many.peak - few.peak} bytes`,
  );
});
