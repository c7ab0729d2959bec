/** @file How a browser's backend is chosen, in a place that has no WebGPU: Node. The page itself is tested in test/live/. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { tf } from "../../../src/tensor";
import { initBackend } from "../../../src/tensor/browser/backend";
import { projectRoot } from "../../../src/util/project-root";

const kernels = fs.readFileSync(path.join(projectRoot(), "src", "tensor", "wasm", "class-it.wasm"));

test("an unavailable choice is an error with its reason, and an unknown one lists the known", async () => {
  await assert.rejects(initBackend("webgpu", kernels), /^Error: not webgpu: this browser does not support it$/);
  await assert.rejects(initBackend("wasm", kernels.subarray(0, 100)), /^Error: not wasm: WebAssembly/);
  await assert.rejects(initBackend("gpu", kernels), /unknown backend "gpu".*webgpu, wasm, cpu/);
});

test("without WebGPU and WebAssembly plain JavaScript computes, and reports what was not available", async () => {
  const { name, reason } = await initBackend(null, new Uint8Array(3));
  assert.equal(name, "cpu");
  assert.match(reason, /^TensorFlow\.js, the reference; not webgpu: .+; not wasm: .+/);
  assert.equal(tf.getBackend(), "cpu");
});

test("without WebGPU our kernels compute, on one thread", async () => {
  const { name, reason, threads } = await initBackend(null, kernels);
  assert.deepEqual([name, threads], ["wasm", 1]);
  assert.match(reason, /^our own kernels, one thread; not webgpu/);
  const product = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]));
  assert.deepEqual(Array.from(await product.data()), [11]);
});
