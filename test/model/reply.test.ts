import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { before, test } from "node:test";
import { generate } from "../../src/model/generate";
import { initialWeights } from "../../src/model/init";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { ask } from "../../src/model/reply";
import { initBackend } from "../../src/tensor";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { renderPair, renderPrompt } from "../../src/tokenizer/chat-template";
import { trainStage } from "../../src/train/loop";
import { STAGE_DEFAULTS } from "../../src/train/training-stage";
import { Rng } from "../../src/util/rng";
import { TINY_SETTINGS } from "../train/support/tiny-stage";

before(async () => {
  process.env.CLASS_IT_QUIET = "1";
  await initBackend();
});

const PAIRS = [
  { prompt: "What do cows eat?", reply: "Cows eat grass." },
  { prompt: "What do cats eat?", reply: "Cats eat fish, naïvely." },
];

test("a model tuned on two pairs gives both replies and ends them", async () => {
  const tokenizer = trainBpe(
    PAIRS.flatMap(({ prompt, reply }) => [prompt, reply]),
    { vocabSize: 300 },
  );
  const config = llamaConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 32,
    intermediateSize: 64,
    numHiddenLayers: 2,
    numAttentionHeads: 2,
    maxPositionEmbeddings: 128,
  });
  const model = Llama.init(config, Rng.fromSeed("chat"));
  const train = PAIRS.map((pair) => {
    const { ids, replyFrom } = renderPair(pair, tokenizer);
    return { ids, lossFrom: replyFrom, source: "toy", words: 8 };
  });
  const runFolder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-chat-"));
  const settings = {
    ...TINY_SETTINGS,
    ...STAGE_DEFAULTS,
    name: "instruct",
    packing: "examples" as const,
    sequenceLength: 128,
    epochs: 60,
  };
  await trainStage(model, { train, validation: [] }, settings, { runFolder });
  fs.rmSync(runFolder, { recursive: true, force: true });
  for (const { prompt, reply } of PAIRS) {
    let streamed = "";
    const answer = await ask(model, tokenizer, prompt, {
      onText: (piece) => {
        streamed += piece;
      },
    });
    assert.equal(answer.reply, reply);
    assert.equal(streamed, reply, "what was shown piece by piece is the reply");
    assert.equal(answer.ended, true);
  }
  const cut = await ask(model, tokenizer, PAIRS[0].prompt, { settings: { maxNewTokens: 3 } });
  assert.equal(cut.ended, false);
  const raw = await generate(model, renderPrompt(PAIRS[0].prompt, tokenizer), { maxNewTokens: 3, stopTokens: [] });
  assert.deepEqual(cut.ids, raw);
  model.dispose();
});

/** A random model with as many rows of the vocabulary as asked, and what it answers. */
async function answerOf(change: (values: Map<string, Float32Array>) => void, padding = 0, temperature = 0) {
  const tokenizer = trainBpe(
    PAIRS.flatMap(({ prompt, reply }) => [prompt, reply]),
    { vocabSize: 300 },
  );
  const sizes = { hiddenSize: 32, intermediateSize: 64, numHiddenLayers: 1, numAttentionHeads: 2 };
  const own = llamaConfig({ ...sizes, vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: 128 });
  const values = initialWeights(own, Rng.fromSeed("padded"));
  for (const name of ["model.embed_tokens.weight", "lm_head.weight"]) {
    const padded = new Float32Array((tokenizer.vocabSize + padding) * 32);
    padded.set(values.get(name)!);
    values.set(name, padded);
  }
  change(values);
  const model = Llama.fromValues({ ...own, vocabSize: tokenizer.vocabSize + padding }, values);
  try {
    const options = { settings: { maxNewTokens: 8, temperature, stopTokens: [] }, rng: Rng.fromSeed(1) };
    return await ask(model, tokenizer, "What do cows eat?", options);
  } finally {
    model.dispose();
  }
}

test("a vocabulary padded beyond the tokenizer: rows without a token are never chosen, and change nothing", async () => {
  // rows that win against every token: the sum of the states decides the sign, so two rows, of either
  const loud = (values: Map<string, Float32Array>) => {
    values.get("lm_head.weight")!.fill(1, -32 * 2, -32);
    values.get("lm_head.weight")!.fill(-1, -32);
  };
  for (const temperature of [0, 1]) {
    const want = await answerOf(() => {}, 0, temperature);
    assert.deepEqual(await answerOf(loud, 2, temperature), want);
  }
});

test("one weight that is not a number ends a reply with an error instead of a text", async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const temperature of [0, 1]) {
      const damaged = answerOf(
        (values) => values.get("model.layers.0.mlp.up_proj.weight")!.fill(bad, 7, 8),
        0,
        temperature,
      );
      await assert.rejects(damaged, /\d+ of the model's \d+ scores of the token after \d+ are not finite/);
    }
  }
});
