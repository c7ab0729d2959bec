import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { convertToGguf, GGUF_TYPES } from "../../../src/model/checkpoint/gguf";
import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { generate } from "../../../src/model/generate";
import { IncrementalDecoder } from "../../../src/model/kv-cache";
import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import { initBackend } from "../../../src/tensor";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { Rng } from "../../../src/util/rng";

/** What of node-llama-cpp is used here. */
interface LlamaCpp {
  getLlama(options: object): Promise<{
    loadModel(options: { modelPath: string }): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>;
    }>;
    dispose(): Promise<void>;
  }>;
  LlamaLogLevel: { error: string };
}
interface Sequence {
  evaluate(tokens: number[], options: object): AsyncGenerator<number>;
  clearHistory(): Promise<void>;
}

const NEW_TOKENS = 24;
const PROMPTS = ["the cat", "a dog sat", "on the mat.", "the owl and the fish", "Where"];

/** Two tokens whose scores lie closer than this may change places when weights are rounded; scores spread by some 5. */
const NEAR = { F32: 1e-4, F16: 0.02, Q8_0: 0.3 };

test("llama.cpp writes the greedy tokens that we write, from files of every type", { timeout: 300_000 }, async (t) => {
  const name = "node-llama-cpp";
  const llamaCpp: LlamaCpp | null = await import(name).catch(() => null);
  if (llamaCpp === null) {
    t.skip('NOT TESTED: node-llama-cpp is not installed; "npm i --no-save node-llama-cpp" adds it');
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-llama-cpp-"));
  await initBackend("cpu");
  const tokenizer = trainBpe(["the cat sat on the mat. a dog and an owl eat fish."], { vocabSize: 270 });
  const model = Llama.init(
    llamaConfig({
      vocabSize: tokenizer.vocabSize,
      hiddenSize: 64,
      intermediateSize: 128,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      bosTokenId: 0,
      eosTokenId: 1,
      padTokenId: 3,
      initializerRange: 0.3, // so that scores lie apart
    }),
    Rng.fromSeed("llama.cpp"),
  );
  await saveHuggingFace(path.join(folder, "toy"), model, tokenizer);
  const backend = await llamaCpp.getLlama({
    build: "never",
    skipDownload: true,
    logLevel: llamaCpp.LlamaLogLevel.error,
  });
  try {
    for (const type of GGUF_TYPES) {
      const file = path.join(folder, `${type}.gguf`);
      convertToGguf(path.join(folder, "toy"), file, type);
      const theirs = await backend.loadModel({ modelPath: file });
      const sequence = (await theirs.createContext({ contextSize: 256, sequences: 1, threads: 1 })).getSequence();
      let same = 0;
      for (const text of PROMPTS) {
        const prompt = [0, ...tokenizer.encodeIds(text, { addSpecialTokens: false, specialTokensInText: false })];
        const want = await generate(model, prompt, { maxNewTokens: NEW_TOKENS, stopTokens: [] });
        const got: number[] = [];
        await sequence.clearHistory();
        for await (const id of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
          if (got.push(id) === NEW_TOKENS) break;
        }
        const differs = want.findIndex((id, i) => id !== got[i]);
        if (differs === -1) same++;
        else {
          const decoder = new IncrementalDecoder(model);
          const scores = await decoder.read([...prompt, ...want.slice(0, differs)]);
          decoder.dispose();
          const gap = scores[want[differs]] - scores[got[differs]];
          assert.ok(gap < NEAR[type], `${type}, "${text}", token ${differs}: ${got[differs]} is ${gap} below ours`);
        }
      }
      t.diagnostic(`${type}: ${same} of ${PROMPTS.length} texts the same to the last token`);
      if (type === "F32") assert.equal(same, PROMPTS.length);
    }
  } finally {
    await backend.dispose();
    model.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
