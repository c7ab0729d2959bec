import assert from "node:assert/strict";
import { before, test } from "node:test";
import { padRows } from "../../src/model/token-batch";
import { initBackend, tf } from "../../src/tensor";
import { tinyModel } from "../train/support/tiny-stage";

before(async () => {
  await initBackend();
});

test("recomputing activations changes neither loss nor gradients, keeps fewer tensors, and frees them all", async () => {
  const model = tinyModel();
  const batch = padRows([
    [0, 4, 5, 6, 7, 8],
    [0, 9, 11, 13],
  ]);
  const labels = Int32Array.from([4, 5, 6, 7, 8, 1, 9, 11, 13, 1, -100, -100]);
  const names = [...model.weights.keys()];
  const results = [];
  const tensors = tf.memory().numTensors;
  for (const recompute of [false, true]) {
    model.recompute = recompute;
    let kept = 0;
    const { value, grads } = tf.variableGrads(() => {
      const loss = model.loss(batch, labels);
      kept = tf.memory().numTensors;
      return loss;
    }, [...model.weights.values()]);
    const gradients = [];
    for (const name of names) gradients.push(await grads[model.weights.get(name)!.name].data());
    results.push({ loss: (await value.data())[0], gradients, kept });
    tf.dispose([value, ...Object.values(grads)]);
    assert.equal(tf.memory().numTensors, tensors);
  }
  const [kept, recomputed] = results;
  assert.equal(recomputed.loss, kept.loss);
  assert.deepEqual(recomputed.gradients, kept.gradients);
  assert.ok(recomputed.kept < kept.kept - 20, `${recomputed.kept} tensors, ${kept.kept} without`);
  model.dispose();
});
