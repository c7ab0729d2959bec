/** @file Random shapes of small models, for property tests. */

import { type LlamaConfig, llamaConfig } from "../../../src/model/llama-config";
import type { Rng } from "../../../src/util/rng";

/** Sizes are often no multiple of a vector; query heads may share key/value heads. */
export function randomConfig(rng: Rng): LlamaConfig {
  const numKeyValueHeads = 1 + rng.int(2);
  return llamaConfig({
    vocabSize: 20 + rng.int(600),
    hiddenSize: 1 + rng.int(150),
    headDim: 2 * (1 + rng.int(24)),
    numAttentionHeads: numKeyValueHeads * (1 + rng.int(3)),
    numKeyValueHeads,
    intermediateSize: 1 + rng.int(500),
    numHiddenLayers: 1 + rng.int(2),
    tieWordEmbeddings: rng.chance(0.5),
  });
}
