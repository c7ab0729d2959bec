/** @file A random model of 300 tokens and 16 channels in a Hugging Face folder: enough to be loaded, scored and fine-tuned. */

import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { Rng } from "../../../src/util/rng";

const TEXT = "the cat sleeps . what is it ? the dog barks at the cat . is it the dog ?\n";

/** Write the model; another seed gives other weights. */
export async function saveSmallModel(folder: string, seed: string): Promise<void> {
  const tokenizer = trainBpe([TEXT], { vocabSize: 300, minFrequency: 1 });
  const config = llamaConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 16,
    intermediateSize: 32,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    numKeyValueHeads: 2,
    maxPositionEmbeddings: 64,
    bosTokenId: 0,
    eosTokenId: 1,
    padTokenId: 3,
  });
  const llama = Llama.init(config, Rng.fromSeed(seed));
  await saveHuggingFace(folder, llama, tokenizer);
  llama.dispose();
}
