import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { CHAT_TEMPLATE, jinjaChatTemplate, renderPair, renderPrompt } from "../../src/tokenizer/chat-template";
import { Tokenizer } from "../../src/tokenizer/tokenizer";
import { readJson } from "../../src/util/jsonl";
import { golden } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

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

test("A blank reply and a template that needs a missing token are refused", () => {
  assert.throws(() => renderPair({ prompt: "x", reply: " \n" }, tokenizer), /the reply to "x" is blank/);
  const bare = trainBpe(["a"], { vocabSize: 257, specialTokens: ["<unk>"] });
  assert.throws(() => renderPair(PAIR, bare), /needs a bos token, which this tokenizer does not have/);
  const template = { ...CHAT_TEMPLATE, beginsWithBos: false, endsWithEos: false };
  assert.equal(
    bare.decode(renderPair(PAIR, bare, template).ids),
    "User: What do cows eat?\nAssistant: Cows eat grass.",
  );
});

/** chat_template.json was made by transformers from the tokenizer's saved folder; see make_chat_template.py there. */
test("Hugging Face's apply_chat_template gives our texts and our ids", (t) => {
  interface Row {
    prompt: string;
    reply: string;
    prompt_text: string;
    text: string;
    prompt_ids: number[];
    ids: number[];
  }
  const reference = golden<{ template: string; rows: Row[]; two_turns: string; refused: string }>(
    "tokenizer/chat_template.json",
  );
  const given = golden<{ text: string[]; vocabSize: number }>("tokenizer/chat_conversations.json");
  const folder = temporaryFolder(t);
  trainBpe(given.text, { vocabSize: given.vocabSize }).save(folder);
  const config = readJson<{ chat_template: string }>(path.join(folder, "tokenizer_config.json"));
  assert.equal(config.chat_template, jinjaChatTemplate());
  assert.equal(config.chat_template, reference.template); // else the reference must be made anew
  const loaded = Tokenizer.load(folder);
  for (const row of reference.rows) {
    const { ids, replyFrom } = renderPair(row, loaded);
    assert.deepEqual(ids, row.ids, row.prompt);
    assert.deepEqual(ids.slice(0, replyFrom), row.prompt_ids, row.prompt);
    assert.equal(loaded.decode(ids), row.text);
    assert.equal(loaded.decode(ids.slice(0, replyFrom)), row.prompt_text);
  }
  assert.equal(reference.two_turns, "<s>User: a?\nAssistant: b.</s>User: c?\nAssistant: d.</s>");
  assert.match(reference.refused, /knows the roles user and assistant, got system/);
  loaded.save(folder); // a loaded tokenizer keeps its template
  assert.deepEqual(readJson(path.join(folder, "tokenizer_config.json")), config);
});

test("A tokenizer without the template's tokens has no chat template", (t) => {
  const folder = temporaryFolder(t);
  trainBpe(["a"], { vocabSize: 257, specialTokens: ["<unk>"] }).save(folder);
  assert.equal("chat_template" in readJson<object>(path.join(folder, "tokenizer_config.json")), false);
});
