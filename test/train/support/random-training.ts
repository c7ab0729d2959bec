/** @file Three updates of a random small model on random packed texts, as bytes to compare. */

import assert from "node:assert/strict";
import { Llama } from "../../../src/model/llama";
import type { LlamaConfig } from "../../../src/model/llama-config";
import { packSequences } from "../../../src/model/token-batch";
import { lossAndGradients } from "../../../src/tensor";
import { AdamW } from "../../../src/train/optimizer";
import type { Rng } from "../../../src/util/rng";

/** Losses, gradient norms, weights and moments of three updates on packed texts. */
export async function trained(config: LlamaConfig, rng: Rng): Promise<Buffer> {
  const llama = Llama.init(config, rng.fork("weights"));
  const settings = {
    beta1: 0.9,
    beta2: 0.99,
    eps: 1e-8,
    weightDecay: 0.1,
    decay: "matrices",
    maxGradNorm: 0.5,
  } as const;
  const optimizer = new AdamW(llama.weights, settings);
  const names = new Map([...llama.weights].map(([name, weight]) => [weight.name, name]));
  const found: number[] = [];
  for (let update = 0; update < 3; update++) {
    const texts = Array.from({ length: 2 + rng.int(5) }, () =>
      Int32Array.from({ length: 2 + rng.int(60) }, () => rng.int(config.vocabSize)),
    );
    const { batch, placements } = packSequences(texts, 20 + rng.int(100));
    const labels = new Int32Array(batch.inputIds.length).fill(-100);
    for (const [i, { row, column }] of placements.entries()) labels.set(texts[i].subarray(1), row * batch.T + column);
    const { value, grads } = lossAndGradients(() => llama.loss(batch, labels), [...llama.weights.values()]);
    const gradients = new Map(Object.entries(grads).map(([name, g]) => [names.get(name) as string, g]));
    found.push(value.dataSync()[0], await optimizer.update(gradients, 1e-2, 1));
    value.dispose();
  }
  assert.ok(found.every(Number.isFinite));
  const weights = await llama.values();
  const state = await optimizer.state();
  optimizer.dispose();
  llama.dispose();
  return Buffer.concat([
    Buffer.from(Float64Array.from(found).buffer),
    ...[...weights.values()].map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
    ...[...state.values()].map(({ values }) => Buffer.from(values.buffer)),
  ]);
}
