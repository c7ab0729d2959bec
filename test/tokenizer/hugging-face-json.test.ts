import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { checkTokenizerJson } from "../../src/tokenizer/hugging-face-json";
import { Tokenizer } from "../../src/tokenizer/tokenizer";

function inFolder(use: (folder: string) => void): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tokenizer-json-"));
  try {
    use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const BPE = { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] };

test("Merges are read in the older and in the newer spelling", () => {
  assert.deepEqual(checkTokenizerJson({ model: BPE }).merges, [["a", "b"]]);
  assert.deepEqual(checkTokenizerJson({ model: { ...BPE, merges: [["a", "b"]] } }).merges, [["a", "b"]]);
});

test("Whatever is not supported is refused by name", () => {
  const refused: [object, RegExp][] = [
    [{ model: { type: "Unigram", vocab: [] } }, /model "Unigram" is not supported; supported is BPE/],
    [{ model: { ...BPE, dropout: 0.1 } }, /dropout 0\.1 is not supported/],
    [{ model: { ...BPE, end_of_word_suffix: "</w>" } }, /end_of_word_suffix "<\/w>" is not supported/],
    [
      { model: BPE, normalizer: { type: "BertNormalizer" } },
      /normalizer "BertNormalizer" is not supported; supported are Sequence/,
    ],
    [{ model: BPE, pre_tokenizer: { type: "UnicodeScripts" } }, /pre_tokenizer "UnicodeScripts" is not supported/],
    [{ model: BPE, post_processor: { type: "Odd" } }, /post_processor "Odd" is not supported/],
    [{ model: BPE, decoder: { type: "WordPiece" } }, /decoder "WordPiece" is not supported/],
    [
      { model: BPE, pre_tokenizer: { type: "Split", pattern: { Regex: "a++" }, behavior: "Isolated" } },
      /possessive quantifier/,
    ],
    [
      { model: BPE, pre_tokenizer: { type: "Split", pattern: { Regex: "a" }, behavior: "isolated" } },
      /unknown split behavior "isolated"/,
    ],
  ];
  for (const [json, message] of refused) assert.throws(() => Tokenizer.fromJson(json), message);
});

test("What is malformed is refused with what was wanted and what came", () => {
  const refused: [unknown, RegExp][] = [
    [[], /want the object of a tokenizer\.json/],
    [{}, /model: want an object, got nothing/],
    [{ model: { ...BPE, vocab: ["a"] } }, /model\.vocab: want an object of token: id/],
    [{ model: { ...BPE, vocab: { a: 0, b: 0 } } }, /"a" and "b" both have id 0/],
    [{ model: { ...BPE, vocab: { a: "0" } } }, /the id of "a" is "0"/],
    [{ model: { ...BPE, merges: ["a b c"] } }, /entry 0 is "a b c", want two tokens/],
    [{ model: { ...BPE, merges: [["a", "x"]] } }, /merge 0 needs the token "x"/],
    [{ model: BPE, added_tokens: [{ content: "x" }] }, /added_tokens: want an id and a content/],
    [{ model: BPE, added_tokens: [{ id: 7, content: "ab" }] }, /added_tokens gives "ab" the id 7, the vocabulary 2/],
    [{ model: BPE, normalizer: { type: "Prepend" } }, /Prepend: "prepend" must be a string, got nothing/],
    [{ model: BPE, normalizer: "NFC" }, /normalizer: want an object with a type, got "NFC"/],
  ];
  for (const [json, message] of refused) assert.throws(() => Tokenizer.fromJson(json), message);
});

test("Errors start with the file's name; missing and truncated files give different errors", () => {
  inFolder((folder) => {
    assert.throws(() => Tokenizer.load(folder), /tokenizer\.json: no such file/);
    trainBpe(["a b"], { vocabSize: 260 }).save(folder);
    const file = path.join(folder, "tokenizer.json");
    fs.truncateSync(file, 1000);
    assert.throws(() => Tokenizer.load(folder), /tokenizer\.json: not valid JSON/);
    fs.writeFileSync(file, JSON.stringify({ model: BPE, added_tokens: [null] })); // the files beside it name tokens
    assert.throws(() => Tokenizer.load(folder), /tokenizer\.json: added_tokens: want an id and a content, got null/);
    fs.writeFileSync(file, JSON.stringify({ model: { ...BPE, type: "WordLevel" } }));
    assert.throws(() => Tokenizer.load(folder), /tokenizer\.json: the model "WordLevel"/);
  });
});

test("Special tokens come from the configuration files, in either spelling, and must exist", () => {
  inFolder((folder) => {
    trainBpe(["a b"], { vocabSize: 260 }).save(folder);
    const config = path.join(folder, "tokenizer_config.json");
    const map = path.join(folder, "special_tokens_map.json");
    fs.writeFileSync(config, JSON.stringify({ bos_token: { content: "</s>", lstrip: false }, pad_token: null }));
    fs.writeFileSync(map, JSON.stringify({ eos_token: "<pad>" }));
    assert.deepEqual(Tokenizer.load(folder).specialTokens, { bos: 1, eos: 3, unk: null, pad: null });
    fs.writeFileSync(config, JSON.stringify({ bos_token: "[BOS]" }));
    assert.throws(() => Tokenizer.load(folder), /calls "\[BOS\]" the bos token, but tokenizer\.json does not hold it/);
    fs.rmSync(config);
    fs.rmSync(map);
    assert.deepEqual(Tokenizer.load(folder).specialTokens, { bos: 0, eos: 1, unk: 2, pad: 3 });
  });
});
