import assert from "node:assert/strict";
import { test } from "node:test";
import { fitPairs, fitPrompt } from "../../src/stages/fit-pair";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { renderPair } from "../../src/tokenizer/chat-template";
import { stepsPerEpoch } from "../../src/train/batch";
import { Rng } from "../../src/util/rng";

const SENTENCES =
  "Cows eat grass in the morning. They give milk. A farmer keeps cows near the river. Why do cows sleep?";
const tokenizer = trainBpe([SENTENCES, "User: hello there Assistant: well"], { vocabSize: 300 });
const tokensOf = (prompt: string, reply: string) => renderPair({ prompt, reply }, tokenizer).ids.length;

test("an article loses its end, the question and the reply stay whole, and one word more would not fit", () => {
  const article = "Cows eat grass in the morning. They give milk. A farmer keeps cows near the river.";
  const pair = { prompt: `${article}\nWhy do cows sleep?`, reply: "They give milk.", source: "simple_wiki" };
  const whole = tokensOf(pair.prompt, pair.reply);
  assert.equal(fitPrompt(pair, tokenizer, whole), pair.prompt);
  const cut = fitPrompt(pair, tokenizer, whole - 1);
  assert.equal(cut, `${article.slice(0, article.lastIndexOf(" "))}\nWhy do cows sleep?`);
  const bare = tokensOf("Why do cows sleep?", pair.reply);
  assert.equal(fitPrompt(pair, tokenizer, bare), "Why do cows sleep?");
});

test("then the question loses its beginning, and only then is the prompt empty; the reply never loses a word to it", () => {
  const pair = { prompt: "Cows eat grass.\nWhy do cows sleep?", reply: "They give milk.", source: "simple_wiki" };
  const none = tokensOf("", pair.reply);
  assert.equal(fitPrompt(pair, tokenizer, tokensOf("cows sleep?", pair.reply)), "cows sleep?");
  assert.equal(fitPrompt(pair, tokenizer, none), "");
  assert.equal(fitPrompt(pair, tokenizer, none - 3), "");
});

test("a turn of a conversation loses its beginning", () => {
  const pair = { prompt: "They give milk. Why do cows sleep?", reply: "Well.", source: "switchboard" };
  assert.equal(fitPrompt(pair, tokenizer, tokensOf("do cows sleep?", "Well.")), "do cows sleep?");
});

test("random pairs: within the limit wherever the reply is, replies whole, and the counts add up", () => {
  const rng = Rng.fromSeed("fit-pair");
  const words = SENTENCES.split(" ");
  const draw = (n: number) => Array.from({ length: n }, () => words[rng.int(words.length)]).join(" ");
  const pairs = Array.from({ length: 200 }, (_, i) => {
    const source = i % 3 === 0 ? "switchboard" : "simple_wiki";
    const prompt = source === "switchboard" ? draw(1 + rng.int(60)) : `${draw(1 + rng.int(90))}.\n${draw(5)} cows?`;
    return { prompt, reply: draw(1 + rng.int(50)), source };
  });
  const maxTokens = 80;
  const { examples, cuts } = fitPairs(pairs, tokenizer, { maxTokens, side: "train" });
  let tooLong = 0;
  for (const [i, { ids, lossFrom }] of examples.entries()) {
    const reply = renderPair({ prompt: "", reply: pairs[i].reply }, tokenizer);
    assert.deepEqual([...ids].slice(lossFrom), reply.ids.slice(reply.replyFrom), "the reply as it was");
    if (ids.length <= maxTokens) continue;
    tooLong++;
    assert.equal(ids.length, reply.ids.length, "only with an empty prompt may it be too long");
  }
  const total = (of: (cut: (typeof cuts)[number]) => number) => cuts.reduce((sum, cut) => sum + of(cut), 0);
  assert.equal(
    total((cut) => cut.examples),
    200,
  );
  assert.equal(
    total((cut) => cut.cutReplies),
    tooLong,
  );
  assert.ok(tooLong > 0 && total((cut) => cut.articlesGone) > 0 && total((cut) => cut.questionsCut) > 0);
  const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== "").length;
  assert.equal(
    total((cut) => cut.promptWords),
    pairs.reduce((sum, { prompt }) => sum + wordsOf(prompt), 0),
  );
  const kept = examples.reduce((sum, { words: n }) => sum + n, 0);
  const replies = pairs.reduce((sum, { reply }) => sum + wordsOf(reply), 0);
  assert.equal(
    total((cut) => cut.promptWords - cut.cutWords),
    kept - replies,
  );
});

test("the control reads the same words in as many updates, without the template and with a loss on every token", () => {
  const pairs = Array.from({ length: 21 }, (_, i) => ({
    prompt: `They give milk ${i}.\nWhy do cows sleep?`,
    reply: "Cows eat grass in the morning.",
    source: i % 2 === 0 ? "switchboard" : "simple_wiki",
  }));
  const options = { maxTokens: 60, side: "train" as const };
  const tuned = fitPairs(pairs, tokenizer, options);
  const control = fitPairs(pairs, tokenizer, { ...options, asText: true });
  assert.deepEqual(control.cuts, tuned.cuts);
  const words = (examples: typeof tuned.examples) => examples.map((example) => example.words);
  assert.deepEqual(words(control.examples), words(tuned.examples));
  const batches = { packing: "examples", batchSize: 4, sequenceLength: 60, maxMicroBatchTokens: 8192 } as const;
  assert.equal(stepsPerEpoch(control.examples, batches), stepsPerEpoch(tuned.examples, batches));
  for (const [i, { ids, lossFrom }] of control.examples.entries()) {
    assert.equal(lossFrom, 1);
    const { prompt, reply, source } = pairs[i];
    assert.equal(
      tokenizer.decode(ids.slice(1, -1)),
      `${fitPrompt({ prompt, reply, source }, tokenizer, 60)}\n${reply}`,
    );
  }
});
