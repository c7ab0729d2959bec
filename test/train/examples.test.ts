import assert from "node:assert/strict";
import { test } from "node:test";
import { textExamples } from "../../src/stages/miniature-training";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { renderPair } from "../../src/tokenizer/chat-template";
import { documentExample, pairExample } from "../../src/train/examples";
import { ToyTokenizer } from "../support/toy-models";

const TEXT = "The cow eats grass.\nThe </s> of a mill is loud.";
const tokenizer = trainBpe([TEXT, "User: hello Assistant: well"], { vocabSize: 300 });

test("a document is between <s> and </s>, all of it under the loss; a special token spelt out in it is text", () => {
  const { ids, lossFrom, words } = documentExample({ source: "a", text: TEXT, words: 10 }, tokenizer);
  const { bos, eos } = tokenizer.specialTokens;
  assert.deepEqual([ids[0], ids.at(-1), lossFrom, words], [bos, eos, 1, 10]);
  assert.equal(tokenizer.decode(ids.slice(1, -1)), TEXT);
  assert.ok(!Array.from(ids.slice(1, -1)).includes(eos as number), "the text has no end of its own in it");
  assert.equal(documentExample({ source: "a", text: "one two  three" }, tokenizer).words, 3);
  // the notebooks' miniature training reads the same
  assert.deepEqual(textExamples([{ source: "a", text: TEXT }], tokenizer)[0].ids, ids);
});

test("a pair carries loss on the reply and the closing token alone", () => {
  const pair = { prompt: "The cow eats", reply: "grass.", source: "switchboard-replies" };
  const { ids, lossFrom, words } = pairExample(pair, tokenizer);
  const rendered = renderPair(pair, tokenizer);
  assert.deepEqual([...ids], rendered.ids);
  assert.equal(tokenizer.decode(ids.slice(lossFrom, -1)).trim(), "grass.");
  assert.equal(ids.at(-1), tokenizer.specialTokens.eos);
  assert.equal(words, 4);
});

test("a tokenizer without <s> is refused with what to take instead", () => {
  const bare = new ToyTokenizer({ bos: null }) as unknown as typeof tokenizer;
  assert.throws(() => documentExample({ source: "a", text: TEXT }, bare), /no <s> or <\/s>.*names bos_token/);
});
