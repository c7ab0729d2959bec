/** @file Weights as text and back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, packWeights, unpackWeights } from "../../src/live/weights";
import { initialWeights } from "../../src/model/init";
import { llamaConfig } from "../../src/model/llama-config";
import { Rng } from "../../src/util/rng";

const config = llamaConfig({
  vocabSize: 11,
  hiddenSize: 6,
  intermediateSize: 7,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
});
const weights = initialWeights(config, Rng.fromSeed(1));
const read = (name: string) => weights.get(name) as Float32Array;

test("Base64 becomes the bytes that Node decodes", () => {
  const bytes = Uint8Array.from({ length: 257 }, (_, i) => (i * 37) % 256);
  assert.deepEqual(bytesOf(Buffer.from(bytes).toString("base64")), bytes);
});

test("Weights are restored bit for bit, under their names", () => {
  assert.deepEqual(unpackWeights(config, packWeights(config, read)), weights);
});

test("Text of another length is refused", () => {
  assert.throws(
    () => unpackWeights(config, packWeights(config, read).slice(0, -8)),
    /have \d+ bytes, but their config requires/,
  );
});
