/** @file The small random model and the sample world's items that protocol 2026 is compared on; see make_protocol_2026.py. */

import * as fs from "node:fs";
import * as path from "node:path";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import type { Tokenizer } from "../../src/tokenizer/tokenizer";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";

export const PROTOCOL_DATA = path.join(projectRoot(), "data", "sample", "evaluation_data", "full_eval");

/** Random weights, wide enough apart that no two options nearly tie. */
export function protocolModel(): { model: Llama; tokenizer: Tokenizer } {
  const text = fs.readFileSync(path.join(projectRoot(), "data", "sample", "text", "childes.train"), "utf8");
  const tokenizer = trainBpe(text.split("\n").slice(0, 2000), { vocabSize: 500 });
  const config = llamaConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 32,
    intermediateSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    bosTokenId: 0,
    eosTokenId: 1,
    padTokenId: 3,
    initializerRange: 0.3,
  });
  return { model: Llama.init(config, Rng.fromSeed("protocol 2026")), tokenizer };
}
