import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { loadHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { SafetensorsFile } from "../../src/model/checkpoint/safetensors";
import { generate } from "../../src/model/generate";
import { IncrementalDecoder } from "../../src/model/kv-cache";
import { drawToken, GREEDY, nextTokenDistribution } from "../../src/model/next-token";
import { padRows } from "../../src/model/token-batch";
import { initBackend, tf } from "../../src/tensor";
import { Rng } from "../../src/util/rng";
import { assertAllClose } from "../support/close";
import { referencePath, skipWithout } from "../support/reference";
import { tinyModel } from "../train/support/tiny-stage";

before(async () => {
  await initBackend();
});

const skip = skipWithout("oracles/generate.json", "oracles/model");
const folder = () => referencePath("oracles") ?? "";
const oracle = () => JSON.parse(fs.readFileSync(path.join(folder(), "generate.json"), "utf8"));

test("greedy continuations equal transformers', up to a step where two tokens are as good as equal", {
  skip,
}, async () => {
  const model = loadHuggingFace(path.join(folder(), "model"));
  let compared = 0;
  for (const p of oracle().prompts) {
    const ignoring = await generate(model, p.prompt_ids, { maxNewTokens: 24, stopTokens: [] });
    const close = p.margin_top1_top2_logit.findIndex((margin: number) => margin < 1e-3);
    const until = close < 0 ? 24 : close;
    assert.deepEqual(ignoring.slice(0, until), p.greedy24_ignoring_eos.slice(0, until), p.prompt);
    compared += until;
    const stopped = await generate(model, p.prompt_ids, { maxNewTokens: 24 });
    const want = p.hf_generate_with_eos_stop as number[];
    assert.deepEqual(stopped, want.at(-1) === 1 ? want.slice(0, -1) : want, p.prompt);
  }
  assert.ok(compared >= 200, `${compared} tokens compared`);
  model.dispose();
});

test("temperature, top-k, top-p, min-p and repetition penalty give transformers' distributions", { skip }, () => {
  const tensors = SafetensorsFile.open(path.join(folder(), "generate.safetensors"));
  for (const { prompt_index, prompt_ids, configs } of oracle().sampling) {
    const logits = tensors.read(`p${prompt_index}.logits`).values;
    const all = tensors.read(`p${prompt_index}.probs`).values;
    for (const [n, c] of configs.entries()) {
      const sampling = {
        temperature: c.temperature ?? 1,
        topK: c.top_k ?? null,
        topP: c.top_p ?? 1,
        minP: c.min_p ?? 0,
        repetitionPenalty: c.repetition_penalty ?? 1,
      };
      const got = nextTokenDistribution(logits, sampling, prompt_ids);
      const want = all.subarray(n * logits.length, (n + 1) * logits.length);
      assertAllClose(got, want, { atol: 1e-5, rtol: 0 }, `p${prompt_index} ${JSON.stringify(c)}`);
    }
  }
});

test("reading with a cache, in any pieces, gives the scores of reading at once", async () => {
  const model = tinyModel(); // two query heads share a key/value head
  const ids = [4, 9, 23, 7, 7, 1, 15, 4];
  const batch = padRows([ids]);
  const whole = model.logits(batch);
  const V = model.config.vocabSize;
  const want = (await whole.data()).slice((ids.length - 1) * V);
  whole.dispose();
  const tensors = tf.memory().numTensors;
  for (const cuts of [[8], [1, 1, 1, 1, 1, 1, 1, 1], [3, 4, 1]]) {
    const decoder = new IncrementalDecoder(model);
    let at = 0;
    let scores = new Float32Array();
    for (const n of cuts) {
      scores = new Float32Array(await decoder.read(ids.slice(at, at + n)));
      at += n;
    }
    assertAllClose(scores, want, { atol: 1e-5 }, `cut ${cuts}`);
    decoder.dispose();
  }
  assert.equal(tf.memory().numTensors, tensors);
  model.dispose();
});

test("sampling repeats with its stream, follows the probabilities, and never draws what is ruled out", async () => {
  const model = tinyModel();
  const settings = { ...GREEDY, temperature: 1, maxNewTokens: 12, stopTokens: [] };
  const once = await generate(model, [0], settings, Rng.fromSeed(5));
  assert.deepEqual(await generate(model, [0], settings, Rng.fromSeed(5)), once);
  assert.notDeepEqual(await generate(model, [0], settings, Rng.fromSeed(6)), once);
  await assert.rejects(generate(model, [0], settings), /sampling needs a random stream/);
  model.dispose();
  const counts = [0, 0, 0, 0];
  const rng = Rng.fromSeed(1);
  const distribution = nextTokenDistribution(Float32Array.from([0, Math.log(3), -9, Math.log(2)]), {
    ...GREEDY,
    temperature: 1,
    topK: 3,
  });
  for (let n = 0; n < 6000; n++) counts[drawToken(distribution, rng)]++;
  assert.equal(counts[2], 0);
  for (const [id, share] of [
    [0, 1],
    [1, 3],
    [3, 2],
  ])
    assert.ok(Math.abs(counts[id] - 1000 * share) < 120, `${counts}`);
});

test("a prompt that is empty or too long, and impossible settings, are refused", async () => {
  const model = tinyModel();
  await assert.rejects(generate(model, [], { maxNewTokens: 1 }), /has no tokens/);
  await assert.rejects(generate(model, new Array(64).fill(4), { maxNewTokens: 1 }), /64 tokens, the model supports 64/);
  assert.equal((await generate(model, new Array(60).fill(4), { maxNewTokens: 99, stopTokens: [] })).length, 4);
  assert.throws(() => nextTokenDistribution(new Float32Array(2), { ...GREEDY, topP: 0 }), /topP is 0/);
  assert.throws(() => nextTokenDistribution(new Float32Array(2), { ...GREEDY, temperature: -1 }), /temperature is -1/);
  model.dispose();
});
