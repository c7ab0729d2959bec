import assert from "node:assert/strict";
import { test } from "node:test";
import { codePoints, encodeText, phraseLogProb, phraseRequest } from "../../src/eval/phrase";
import { ToyTokenizer } from "../support/toy-models";

test("without BOS the first token of a sentence has no score: two of three words count", () => {
  const request = phraseRequest(new ToyTokenizer(), { sentence: "The cat sat", completion: "The cat sat" });
  assert.equal(request.from, 1);
  assert.equal(request.counted, 2);
  assert.equal(request.ids.length, 3);
});

test("a BOS that the tokenizer adds gives the first word a score, and is not counted itself", () => {
  const tokenizer = new ToyTokenizer({ addBos: true });
  const request = phraseRequest(tokenizer, { sentence: "The cat sat", completion: "The cat sat" });
  assert.deepEqual([request.ids[0], request.from, request.counted], [0, 1, 3]);
});

test("a trailing EOS is neither counted nor computed", () => {
  const tokenizer = new ToyTokenizer({ addEos: true });
  const request = phraseRequest(tokenizer, { sentence: "The cat sat", completion: "The cat sat" });
  assert.deepEqual([request.ids.length, request.counted], [3, 2]);
});

test("only the completion counts, and the token that carries the blank before it counts too", () => {
  const whole = "Box 1 contains the key.";
  const tokenizer = new ToyTokenizer();
  const without = phraseRequest(tokenizer, { sentence: whole, completion: "the key." });
  const withBlank = phraseRequest(tokenizer, { sentence: whole, completion: " the key." });
  assert.deepEqual([without.from, without.counted], [3, 2]);
  assert.deepEqual([withBlank.from, withBlank.counted], [3, 2]);
});

test("the phrase begins at a code point, not at a UTF-16 unit: an emoji before it moves nothing", () => {
  const tokenizer = new ToyTokenizer();
  const request = phraseRequest(tokenizer, { sentence: "😀😀 likes the key", completion: "the key" });
  assert.deepEqual([request.from, request.counted], [2, 2]);
  assert.equal(codePoints("a😀b"), 3);
  assert.equal(codePoints("\ud83d"), 1); // half of an emoji is one
});

test("[pipeline] a first token that begins after 0 moves the start of the phrase", () => {
  const tokenizer = new ToyTokenizer();
  const skipping = {
    specialTokens: tokenizer.specialTokens,
    modelVocabSize: tokenizer.modelVocabSize,
    tokenCount: tokenizer.tokenCount,
    decode: tokenizer.decode.bind(tokenizer),
    // skips the leading blank, as a tokenizer that strips would
    encode: () => ({
      ids: [5, 6, 7],
      offsets: [
        [1, 4],
        [4, 8],
        [8, 12],
      ] as [number, number][],
      specialTokensMask: [0, 0, 0],
    }),
  };
  // the phrase would begin at 4; moved to 5 it still takes the token that ends at 8
  assert.equal(phraseRequest(skipping, { sentence: " one two six", completion: " two six" }).counted, 2);
  // it would begin at 8 and count the last; moved to 9 it still does, because that token ends at 12
  assert.equal(phraseRequest(skipping, { sentence: " one two six", completion: " six" }).counted, 1);
});

test("a one-word sentence without BOS has nothing to score and is an error, not 0 nats", () => {
  const phrase = { sentence: "Yes", completion: "Yes" };
  assert.throws(() => phraseRequest(new ToyTokenizer(), phrase), /nothing to score in "Yes": 1 token/);
  assert.equal(phraseRequest(new ToyTokenizer(), phrase, "add").counted, 1);
});

test("BOS can be added or removed; a tokenizer without one gives an error", () => {
  assert.deepEqual(encodeText(new ToyTokenizer(), "a b", "add").ids, [0, 4, 5]);
  assert.deepEqual(encodeText(new ToyTokenizer({ addBos: true }), "a b", "add").ids, [0, 4, 5]);
  assert.deepEqual(encodeText(new ToyTokenizer({ addBos: true }), "a b", "remove").ids, [4, 5]);
  assert.throws(() => encodeText(new ToyTokenizer({ bos: null }), "a b", "add"), /names no BOS/);
});

test("phraseLogProb adds in float32, and can take the mean", () => {
  const request = { ids: [1, 2, 3], from: 1, counts: null, counted: 2 };
  assert.equal(phraseLogProb(Float32Array.from([-1, -3]), request), -4);
  assert.equal(phraseLogProb(Float32Array.from([-1, -3]), request, "mean"), -2);
  const big = { ids: [], from: 1, counts: null, counted: 2 };
  assert.equal(phraseLogProb(Float32Array.from([-16777216, -1]), big), -16777216); // 2^24 + 1 is no float32
  const holed = { ids: [1, 2, 3, 4], from: 1, counts: Uint8Array.from([1, 0, 1]), counted: 2 };
  assert.equal(phraseLogProb(Float32Array.from([-1, -8, -2]), holed), -3);
});
