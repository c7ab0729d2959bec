import assert from "node:assert/strict";
import { test } from "node:test";
import { initBackend, tf } from "../../src/tensor/index";
import { normals } from "./support/random";

const SHAPES: [number[], number[]][] = [
  [[5, 7], [7]],
  [[7], [5, 7]],
  [
    [5, 7],
    [5, 1],
  ],
  [
    [5, 1],
    [1, 7],
  ],
  [[5, 7], []],
  [[], [5, 7]],
  [[1, 1], [7]],
  [
    [5, 7],
    [5, 7],
  ],
  [
    [2, 5, 7],
    [5, 1],
  ],
];

test("broadcast sums, differences, products and quotients have the bytes of TensorFlow.js's own", async () => {
  const compute = () =>
    SHAPES.flatMap(([a, b], i) =>
      (["add", "sub", "mul", "div"] as const).map((name) => {
        const [x, y] = [a, b].map((shape, operand) => {
          const size = shape.reduce((product, n) => product * n, 1);
          return tf.tensor(Float32Array.from(normals(`${i}/${operand}`, size)), shape, "float32");
        });
        const result = tf[name](x, y);
        return { what: `${name} of [${a}] and [${b}]`, shape: result.shape, values: result.dataSync().slice() };
      }),
    );
  await initBackend("wasm");
  const ours = compute();
  await tf.setBackend("cpu");
  assert.deepEqual(ours, compute());
});
