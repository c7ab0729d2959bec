/**
 * @file The training rule is the committed one: a short pre-training and tuning at the settings of scale `tiny` gives the
 * committed losses, on the native kernels exactly (they add in one order on every machine), on other backends nearly.
 *
 * A changed clipping norm, beta, learning rate, schedule, batch order or weight decay moves them. PyTorch's numbers are the
 * witness of the rule itself (test/train/optimizer.test.ts); this file finds an unnoticed change. After a change that is meant,
 * write the new losses with `UPDATE_GOLDEN=1 node --import tsx --test <this file>` on the native kernels.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { INSTRUCTION, PRETRAINING } from "../../src/experiments/models";
import { microModel, replyExamples, textExamples, trainMiniature } from "../../src/stages/miniature-training";
import { initBackend } from "../../src/tensor";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";

const GOLDEN = path.join(projectRoot(), "test/golden/stages/training-rule.json");
/** Losses of the two stages, nats per token, one per update. */
type Losses = Record<"pretrain" | "instruct", number[]>;

const NOUNS = ["bear", "owl", "trout", "miller", "girl", "king", "crow", "sparrow"];
const VERBS = ["sees", "feeds", "hears", "follows", "likes"];

/** An invented language of one sentence shape. */
function sentences(count: number, seed: string): string[] {
  const rng = Rng.fromSeed(seed);
  const one = (words: readonly string[]) => words[rng.int(words.length)];
  return Array.from({ length: count }, () => `The ${one(NOUNS)} ${one(VERBS)} the ${one(NOUNS)}.`);
}

async function train(): Promise<Losses> {
  const documents = Array.from({ length: 60 }, (_, i) => ({
    source: i % 2 === 0 ? "childes" : "simple_wiki",
    text: sentences(30, `document ${i}`).join(" "),
  }));
  const tokenizer = trainBpe(
    documents.map(({ text }) => text),
    { vocabSize: 320 },
  );
  const model = await microModel(tokenizer, 42);
  const text = textExamples(documents, tokenizer);
  const pretrain = await trainMiniature(model, text, [], { stage: "pretrain", seed: 42 });
  const pairs = sentences(160, "pairs").map((reply, i) => ({
    prompt: `Question ${i % 7}?`,
    reply,
    source: "simple_wiki",
  }));
  const instruct = await trainMiniature(model, replyExamples(pairs, tokenizer), [], { stage: "instruct", seed: 42 });
  model.dispose();
  return { pretrain: pretrain.losses.map((row) => row.lossNats), instruct: instruct.losses.map((row) => row.lossNats) };
}

test("a short training gives the committed losses", async () => {
  const { name } = await initBackend();
  const losses = await train();
  if (process.env.UPDATE_GOLDEN === "1") {
    assert.equal(name, "native", "write the losses on the native kernels");
    fs.mkdirSync(path.dirname(GOLDEN), { recursive: true });
    fs.writeFileSync(GOLDEN, `${JSON.stringify(losses, null, 1)}\n`);
  }
  const wanted = JSON.parse(fs.readFileSync(GOLDEN, "utf8")) as Losses;
  if (name === "native") assert.deepEqual(losses, wanted);
  for (const stage of ["pretrain", "instruct"] as const) {
    assert.equal(losses[stage].length, wanted[stage].length);
    for (const [i, loss] of losses[stage].entries()) {
      assert.ok(Math.abs(loss - wanted[stage][i]) < 0.02 * wanted[stage][i], `${stage}, update ${i + 1}: ${loss}`);
    }
  }
});

for (const [what, change] of [
  ["clipping at 0.9 instead of 1", { maxGradNorm: 0.9 }],
  ["beta1 0.85 instead of 0.9", { beta1: 0.85 }],
  ["beta2 0.99 instead of 0.999", { beta2: 0.99 }],
  ["weight decay 0.04 more", { weightDecay: PRETRAINING.tiny.weightDecay + 0.04 }],
] as const) {
  test(`it would find ${what}`, async (t) => {
    if ((await initBackend()).name !== "native") return t.skip("only the native kernels give exact losses");
    const wanted = JSON.parse(fs.readFileSync(GOLDEN, "utf8")) as Losses;
    const before = [{ ...PRETRAINING.tiny }, { ...INSTRUCTION.tiny }];
    Object.assign(PRETRAINING.tiny, change);
    Object.assign(INSTRUCTION.tiny, change);
    try {
      const losses = await train();
      assert.notDeepEqual(losses.pretrain, wanted.pretrain);
      assert.notDeepEqual(losses.instruct, wanted.instruct);
    } finally {
      Object.assign(PRETRAINING.tiny, before[0]);
      Object.assign(INSTRUCTION.tiny, before[1]);
    }
  });
}
