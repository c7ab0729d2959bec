/** @file Surprisal by word and pairs, on toy models whose numbers are known by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { judgePair, sentenceSurprisal } from "../../src/live/surprisal";
import type { LanguageModel } from "../../src/model/language-model";
import { trainBpe } from "../../src/tokenizer/bpe-train";

const tokenizer = trainBpe(["the cat saw the cat. the dog ran."], { vocabSize: 290 });

/** Every token has the surprisal that `natsOf` gives it, whatever stands before it. */
function toyModel(natsOf: (id: number) => number): LanguageModel {
  return {
    name: "toy",
    vocabSize: tokenizer.vocabSize,
    maxLength: 1000,
    score: async (sequences) =>
      sequences.map(({ ids, from }) => Float32Array.from(Array.from(ids).slice(from), (id) => -natsOf(id))),
  };
}
const oneEach = toyModel(() => 1);

test("A word goes from blank to blank, and its surprisal is the sum over its tokens", async () => {
  const { words, nats, tokens } = await sentenceSurprisal(oneEach, tokenizer, "  the zebra,  saw\tit. ", true);
  assert.deepEqual(
    words.map((w) => w.word),
    ["the", "zebra,", "saw", "it."],
  );
  for (const { nats, tokens } of words) assert.equal(nats, tokens.length);
  assert.equal(nats, tokens);
  const spelt = words.flatMap((w) => w.tokens.map((t) => t.text)).join("");
  assert.equal(spelt, "the zebra,  saw\tit.");
});

test("Without a beginning the first token has no surprisal, and is not counted", async () => {
  const { words, nats, tokens } = await sentenceSurprisal(oneEach, tokenizer, "the cat", false);
  assert.equal(words[0].tokens[0].nats, null);
  assert.equal(tokens, words.flatMap((w) => w.tokens).length - 1);
  assert.equal(nats, tokens);
});

test("Characters of several bytes stay whole words, and markup stays text", async () => {
  const { words } = await sentenceSurprisal(oneEach, tokenizer, "naïve 🐻 <script>alert(1)</script>", true);
  assert.deepEqual(
    words.map((w) => w.word),
    ["naïve", "🐻", "<script>alert(1)</script>"],
  );
});

test("A text longer than the model's context is cut, and the number of tokens is reported", async () => {
  const whole = await sentenceSurprisal(oneEach, tokenizer, "the cat saw the cat.", true);
  assert.equal(whole.cutTokens, 0);
  const short = { ...oneEach, maxLength: whole.tokens - 1 }; // <s> takes one place, so two tokens do not fit
  const cut = await sentenceSurprisal(short, tokenizer, "the cat saw the cat.", true);
  assert.equal(cut.cutTokens, 2);
  assert.equal(cut.tokens, whole.tokens - 2);
  assert.deepEqual(cut.words[0], whole.words[0]);
});

test("What has nothing to score is refused with a reason", async () => {
  await assert.rejects(sentenceSurprisal(oneEach, tokenizer, " ", true), /the sentence is empty/);
  await assert.rejects(sentenceSurprisal(oneEach, tokenizer, "t", false), /a single token has no surprisal/);
});

test("A pair: equal words are in the same row, and the rows' differences sum to the verdict", async () => {
  const dog = tokenizer.encodeIds(" dog", { addSpecialTokens: false })[0];
  const model = toyModel((id) => (id === dog ? 5 : 1));
  const { sentences, preferred, rows } = await judgePair(model, tokenizer, ["the cat ran.", "the old dog ran."], true);
  assert.equal(preferred, 0);
  assert.deepEqual(
    rows.map(({ words }) => words.map((w) => w?.word ?? null)),
    [
      ["the", "the"],
      ["cat", "old"],
      [null, "dog"],
      ["ran.", "ran."],
    ],
  );
  const total = rows.reduce((sum, row) => sum + row.difference, 0);
  assert.ok(Math.abs(total - (sentences[1].nats - sentences[0].nats)) < 1e-9);
  assert.ok(rows[2].difference >= 5);
});

test("Two equal sentences are judged equal", async () => {
  const { preferred, rows } = await judgePair(oneEach, tokenizer, ["the cat", "the cat"], true);
  assert.equal(preferred, null);
  assert.ok(rows.every((row) => row.difference === 0));
});
