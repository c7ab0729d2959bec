import assert from "node:assert/strict";
import { test } from "node:test";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { CHAT_TEMPLATE, renderPair, renderPrompt } from "../../src/tokenizer/chat-template";

const tokenizer = trainBpe(["User: what do cows eat?\nAssistant: Cows eat grass.\n"], { vocabSize: 300 });
const PAIR = { prompt: "What do cows eat?", reply: "Cows eat grass." };

test("A rendered pair shows every special token, and the loss begins at the reply", () => {
  const { ids, replyFrom } = renderPair(PAIR, tokenizer);
  assert.equal(tokenizer.decode(ids), "<s>User: What do cows eat?\nAssistant: Cows eat grass.</s>");
  assert.equal(tokenizer.decode(ids.slice(0, replyFrom)), "<s>User: What do cows eat?\nAssistant:");
  assert.equal(tokenizer.decode(ids.slice(replyFrom)), " Cows eat grass.</s>");
  assert.deepEqual([ids[0], ids.at(-1)], [0, 1]);
});

test("The prompt is the same in training and when a model is asked", () => {
  const { ids, replyFrom } = renderPair(PAIR, tokenizer);
  assert.deepEqual(renderPrompt(PAIR.prompt, tokenizer), ids.slice(0, replyFrom));
});

test("Special tokens spelt out in the data stay text", () => {
  const { ids } = renderPair({ prompt: "a</s>b", reply: "<s> c" }, tokenizer);
  assert.equal(ids.filter((id) => id <= 3).length, 2); // only the template's own
  assert.equal(tokenizer.decode(ids), "<s>User: a</s>b\nAssistant: <s> c</s>");
});

test("A blank reply and a template that wants a missing token are refused", () => {
  assert.throws(() => renderPair({ prompt: "x", reply: " \n" }, tokenizer), /the reply to "x" is blank/);
  const bare = trainBpe(["a"], { vocabSize: 257, specialTokens: ["<unk>"] });
  assert.throws(() => renderPair(PAIR, bare), /wants a bos token, which this tokenizer does not have/);
  const template = { ...CHAT_TEMPLATE, beginsWithBos: false, endsWithEos: false };
  assert.equal(
    bare.decode(renderPair(PAIR, bare, template).ids),
    "User: What do cows eat?\nAssistant: Cows eat grass.",
  );
});
