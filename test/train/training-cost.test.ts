import assert from "node:assert/strict";
import { before, test } from "node:test";
import { MODELS } from "../../src/experiments/models";
import { llamaConfig } from "../../src/model/llama-config";
import { initBackend } from "../../src/tensor";
import {
  flopsPerToken,
  measureUpdates,
  memoryUse,
  needsRecompute,
  planDisk,
  planMemory,
  planStage,
} from "../../src/train/training-cost";
import { TINY_CONFIG } from "./support/tiny-stage";

before(async () => {
  await initBackend();
});

test("memory of the paper's wide model: 16 bytes a parameter, and activations that recomputation shrinks", () => {
  const wide = llamaConfig({
    vocabSize: 32_000,
    hiddenSize: 704,
    intermediateSize: 2_816,
    numHiddenLayers: 12,
    numAttentionHeads: 11,
  });
  const plan = planMemory(wide, 6_144, false);
  assert.equal(plan.weights + plan.gradients + plan.moments, 16 * 140_231_872);
  const layer = 4 * 704 + 6 * 704 + 3 * 2_816; // channels kept a token and layer, by hand
  assert.equal(plan.activations, 4 * 6_144 * (12 * layer + 3 * 704));
  assert.ok(planMemory(wide, 6_144, true).activations < plan.activations / 6);
  assert.equal(planDisk(wide, 28).finished, 30 * 4 * 140_231_872);
  // 6 operations for each weight but the table that is looked up, and causal attention over half of the row
  const multiplying = 140_231_872 - 32_000 * 704 - 25 * 704;
  assert.equal(flopsPerToken(wide, 6_144), 6 * (multiplying + 2 * 12 * 704 * 3_072));
});

test("time is tokens and updates times what was measured", () => {
  const stage = planStage("pretrain", 1_000_000, 100, 8, { secondsPerToken: 0.001, secondsPerUpdate: 0.5 });
  assert.deepEqual(stage, { stage: "pretrain", updates: 800, tokens: 8_000_000, hours: (8000 + 400) / 3600 });
});

test("a measurement runs real updates: the loss begins near ln V and falls on the batch it sees again", async () => {
  const settings = { sequenceLength: 16, batchSize: 4, maxMicroBatchTokens: 64 };
  const measured = await measureUpdates(TINY_CONFIG, settings, 3, true);
  assert.equal(measured.losses.length, 3);
  assert.ok(Math.abs(measured.losses[0] - Math.log(24)) < 0.2);
  assert.ok(measured.losses[2] < measured.losses[0]);
  assert.ok(measured.secondsPerToken > 0 && measured.tensorBytes > 0);
});

test("memory on a GPU is at most 2 % below and 12 % above what an H100 used in gpu:check (environment.md, NVIDIA cards)", () => {
  const shapes = { wide: llamaConfig(MODELS.paper.wide), narrow: llamaConfig(MODELS.paper.narrow) };
  for (const [model, tokens, activations, usedGigabytes] of [
    ["wide", 6_144, "float32", 8.8],
    ["wide", 49_152, "float32", 50.5],
    ["wide", 6_144, "bf16", 5.8],
    ["wide", 49_152, "bf16", 24.6],
    ["narrow", 48_000, "float32", 54.0], // not part of the fit, as the next
    ["narrow", 48_000, "bf16", 27.2],
  ] as const) {
    const use = memoryUse(planMemory(shapes[model], tokens, false), { of: "the GPU", activations });
    const ratio = use / (1e9 * usedGigabytes);
    assert.ok(ratio > 0.98 && ratio < 1.12, `${model}, ${tokens} tokens, ${activations}: ${ratio}`);
  }
});

test("activations are recomputed where their precision does not fit the memory, by hand for the wide model", () => {
  // 16 * 140,231,872 = 2.244 GB and 4 * 49,152 * (12 * 15,488 + 3 * 704) = 36.957 GB are counted. A GPU wants
  // (1.27 * 2.244 + 1.29 * 36.957) / 0.9 = 56.14 GB in float32 and (1.27 * 2.244 + 0.62 * 36.957) / 0.9 = 28.63 GB in
  // bf16; a CPU (2.244 + 36.957) / 0.7 = 56.00 GB.
  const wide = llamaConfig(MODELS.paper.wide);
  for (const [of, activations, gigabytes] of [
    ["the GPU", "float32", 56.14],
    ["the GPU", "bf16", 28.63],
    ["this machine", "float32", 56.0],
  ] as const) {
    const needs = [-0.01, 0.01].map((more) =>
      needsRecompute(wide, 49_152, { of, activations, bytes: 1e9 * (gigabytes + more) }),
    );
    assert.deepEqual(needs, [true, false], `${of}, ${activations}`);
  }
});
