import assert from "node:assert/strict";
import { before, test } from "node:test";
import { padRows } from "../../src/model/token-batch";
import { initBackend, tf } from "../../src/tensor";
import { recomputed, separately } from "../../src/tensor/gradient-memory";
import { Rng } from "../../src/util/rng";
import { tinyModel } from "../train/support/tiny-stage";

before(async () => {
  await initBackend();
});

test("layers that are recomputed: the same loss and gradients, fewer tensors kept, and all freed", async () => {
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
  const [whole, again] = results;
  assert.equal(again.loss, whole.loss);
  assert.deepEqual(again.gradients, whole.gradients);
  assert.ok(again.kept < whole.kept - 20, `${again.kept} tensors, ${whole.kept} without recomputing`);
  model.dispose();
});

test("parts on tapes of their own give the bytes of one tape, with fewer tensors alive in the backward pass", async () => {
  const C = 6;
  const rng = Rng.fromSeed("parts");
  const matrix = (rows: number) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * C }, () => rng.normal()),
      [rows, C],
    );
  const part = (x: tf.Tensor2D, [a, b]: readonly tf.Tensor[]) => {
    const inner = tf.tanh(tf.matMul(x, a as tf.Tensor2D)) as tf.Tensor2D; // x and inner are both used twice
    return tf.add(tf.mul(x, inner), tf.matMul(inner, b as tf.Tensor2D)) as tf.Tensor2D;
  };
  const plain: typeof separately = (f, x, weights) => f(x, weights);
  const x = matrix(4);
  const variables = Array.from({ length: 8 }, () => tf.variable(matrix(C)));
  const results: { gradients: Uint8Array[]; most: number }[] = [];
  const tensors = tf.memory().numTensors;
  for (const way of [plain, separately, recomputed]) {
    let most = 0;
    // seen from within the part that the backward pass comes to last
    const watched = tf.customGrad((y, save) => {
      (save as tf.GradSaveFunc)([]);
      const gradFunc = (dy: tf.Tensor) => {
        most = tf.memory().numTensors;
        return tf.clone(dy);
      };
      return { value: tf.clone(y as tf.Tensor), gradFunc };
    });
    const { value, grads } = tf.variableGrads(() => {
      let y = watched(tf.mul(x, variables[0].slice([0, 0], [4, C]))) as tf.Tensor2D;
      for (let i = 0; i < variables.length; i += 2) y = way(part, y, variables.slice(i, i + 2));
      return tf.sum(tf.square(y)) as tf.Scalar;
    }, variables);
    const gradients = variables.map((v) => new Uint8Array(grads[v.name].dataSync<"float32">().buffer));
    results.push({ gradients, most });
    tf.dispose([value, ...Object.values(grads)]);
    assert.equal(tf.memory().numTensors, tensors);
  }
  const [whole, parts, again] = results;
  assert.deepEqual(parts.gradients, whole.gradients);
  assert.deepEqual(again.gradients, whole.gradients);
  assert.ok(parts.most < whole.most - 20, `${parts.most} tensors, ${whole.most} on one tape`);
  tf.dispose([x, ...variables]);
});
