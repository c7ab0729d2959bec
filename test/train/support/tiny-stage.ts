/** @file A stage small enough for tests: a made-up language whose next token is nearly certain. */

import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import {
  STAGE_DEFAULTS,
  type StageData,
  type StageSettings,
  type TrainingExample,
} from "../../../src/train/training-stage";
import { Rng } from "../../../src/util/rng";

export const TINY_CONFIG = llamaConfig({
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 64,
  bosTokenId: 0,
  eosTokenId: 1,
  padTokenId: 3,
});

export function tinyModel(seed = "tiny"): Llama {
  return Llama.init(TINY_CONFIG, Rng.fromSeed(seed));
}

/** Sequences that count upwards in steps of 1 (source "ones") or 2 (source "twos"). */
export function tinyExamples(count: number, seed: string): TrainingExample<number[]>[] {
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: count }, (_, n) => {
    const step = 1 + (n % 2);
    const start = rng.int(20);
    const ids = Array.from({ length: 4 + rng.int(20) }, (_, t) => 4 + ((start + t * step) % 20));
    return { ids: [...ids, 1], lossFrom: 1, source: step === 1 ? "ones" : "twos", words: ids.length };
  });
}

export const TINY_DATA = {
  train: tinyExamples(60, "train"),
  validation: tinyExamples(12, "validation"),
} satisfies StageData;

export const TINY_SETTINGS: StageSettings = {
  ...STAGE_DEFAULTS,
  name: "pretrain",
  seed: 7,
  packing: "stream",
  batchSize: 4,
  sequenceLength: 16,
  learningRate: 1e-2,
  schedule: "linear",
  warmupSteps: 4,
  cycles: 1,
  epochs: 3,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: 1,
};
