import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { type BpeTrainOptions, trainBpe, trainBpeFromCounts } from "../../src/tokenizer/bpe-train";
import type { Tokenizer } from "../../src/tokenizer/tokenizer";
import { WordCounter } from "../../src/tokenizer/word-counter";
import { sha256 } from "../../src/util/sha256";
import { golden, referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

interface GoldenTraining {
  story: string;
  runs: {
    name: string;
    texts: string | string[];
    vocabSize: number;
    minFrequency: number;
    learned: number;
    merges: string[];
    lastTokens: string[];
  }[];
  /** What the trainer learns from files that begin with a byte-order mark. */
  byteOrderMarks: { contents: string[]; vocabSize: number; merges: string[] };
}

/** A tokenizer's merges, as "left right". */
function mergesOf(tokenizer: Tokenizer): string[] {
  return jsonOf(tokenizer).model.merges.map((pair) => pair.join(" "));
}

/** The tokenizer.json that a tokenizer writes. */
function jsonOf(tokenizer: Tokenizer): { model: { merges: string[][] } } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bpe-train-"));
  try {
    tokenizer.save(folder);
    return JSON.parse(fs.readFileSync(path.join(folder, "tokenizer.json"), "utf8"));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

test("Merges by hand: the most frequent pair first, the smaller ids among equals", () => {
  // words: "hug" 3 times, "pug" 2, "hugs" 1; blanks make them words of their own ("Ġhug" is kept away by newlines)
  const tokenizer = trainBpe(["hug\n", "hug\n", "hug\n", "pug\n", "pug\n", "hugs\n"], {
    vocabSize: 263,
    minFrequency: 2,
  });
  // ug: 3 + 2 + 1 = 6; then h+ug: 4; then p+ug: 2; hug+s occurs once
  assert.deepEqual(mergesOf(tokenizer), ["u g", "h ug", "p ug"]);
  assert.equal(tokenizer.vocabSize, 263);
  assert.equal(tokenizer.idToToken(260), "ug");
});

test("A tie goes to the pair with the smaller ids, as in the reference", () => {
  assert.deepEqual(mergesOf(trainBpe(["yz yz", "ab ab"], { vocabSize: 261, minFrequency: 1 })), ["a b"]);
});

test("Special tokens come first, then the 256 byte characters by code point", () => {
  const tokenizer = trainBpe([""], { vocabSize: 260 });
  assert.deepEqual(
    [0, 1, 2, 3].map((id) => tokenizer.idToToken(id)),
    ["<s>", "</s>", "<unk>", "<pad>"],
  );
  const points = Array.from({ length: 256 }, (_, i) => tokenizer.idToToken(i + 4).codePointAt(0)!);
  assert.deepEqual(
    points,
    [...points].sort((a, b) => a - b),
  );
  assert.equal(tokenizer.idToToken(4), "!");
  assert.deepEqual(trainBpe(["x"], { vocabSize: 257, specialTokens: ["[END]"] }).specialTokens, {
    bos: null,
    eos: null,
    unk: null,
    pad: null,
  });
});

const TRAINING = golden<GoldenTraining>("tokenizer/training.json");
for (const run of TRAINING.runs) {
  test(`Merges and ids equal Hugging Face's trainer: ${run.name}`, () => {
    const texts =
      run.texts === "one text" ? [TRAINING.story] : typeof run.texts === "string" ? linesOf(TRAINING.story) : run.texts;
    const tokenizer = trainBpe(texts, run);
    assert.deepEqual(mergesOf(tokenizer), run.merges);
    assert.equal(tokenizer.vocabSize, run.learned);
    assert.deepEqual(
      run.lastTokens.map((_, i) => tokenizer.idToToken(run.learned - 5 + i)),
      run.lastTokens,
    );
  });
}

test("Training on real text equals the Rust trainer's four results", {
  skip: skipWithout("oracles/bpe_training", "data/babylm_text"),
}, () => {
  const switchboard = linesOf(fs.readFileSync(referencePath("data/babylm_text/train_10M/switchboard.train")!, "utf8"));
  const bytes = fs.readFileSync(referencePath("data/babylm_text/train_600k/simple_wiki.train")!);
  let end = 1_500_000;
  while ((bytes[end] & 0xc0) === 0x80) end--; // back to the start of a character
  const wiki = bytes.subarray(0, end).toString("utf8");
  const reference = JSON.parse(fs.readFileSync(referencePath("oracles/bpe_training/bpe.json")!, "utf8"));
  for (const { name, vocab_size_asked, vocab_size, min_frequency, merges_sha256 } of reference.runs) {
    const texts = name.startsWith("wiki") ? [wiki] : switchboard;
    const tokenizer = trainBpe(texts, { vocabSize: vocab_size_asked, minFrequency: min_frequency });
    assert.equal(tokenizer.vocabSize, vocab_size, name);
    const file = JSON.parse(fs.readFileSync(referencePath(`oracles/bpe_training/${name}.tokenizer.json`)!, "utf8"));
    const merges = mergesOf(tokenizer);
    assert.deepEqual(
      merges,
      file.model.merges.map((m: string[]) => m.join(" ")),
      name,
    );
    assert.ok(
      [sha256(merges.join("\n")), sha256(`${merges.join("\n")}\n`)].includes(merges_sha256),
      `${name}: checksum of the merges`,
    );
    for (const [token, id] of Object.entries(file.model.vocab)) assert.equal(tokenizer.tokenToId(token), id, name);
  }
});

function trainedOnFiles(files: readonly string[], options: BpeTrainOptions): Tokenizer {
  const counter = new WordCounter(options.kind);
  for (const file of files) counter.addFile(file);
  return trainBpeFromCounts(counter, options);
}

test("A file gives the same merges as its lines, for any line ends and chunk borders", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bpe-train-"));
  try {
    const file = path.join(folder, "story.txt");
    const story = `${TRAINING.story}é`.repeat(3000); // over four megabytes, so that chunks are cut inside lines
    fs.writeFileSync(file, story);
    const options = { vocabSize: 600 };
    assert.deepEqual(mergesOf(trainedOnFiles([file], options)), mergesOf(trainBpe(linesOf(story), options)));
    fs.writeFileSync(file, Buffer.from([97, 0xff, 98]));
    assert.throws(() => trainedOnFiles([file], options), /story\.txt: byte 1 is not UTF-8/);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

interface GoldenSentencePiece {
  rare: string[];
  runs: { copies: number; vocabSize: number; minFrequency: number; characters: number; kept: number; json: unknown }[];
}
const PIECES = golden<GoldenSentencePiece>("tokenizer/sentence-piece.json");
for (const { copies, vocabSize, minFrequency, characters, kept, json } of PIECES.runs) {
  const texts = [...Array.from({ length: copies }, () => linesOf(TRAINING.story)).flat(), ...PIECES.rare];
  const options = { kind: "sentencepiece", vocabSize, minFrequency } as const;
  test(`SentencePiece-like: the whole tokenizer.json equals Hugging Face's, ${kept} of ${characters} characters`, () => {
    assert.deepEqual(jsonOf(trainBpe(texts, options)), json);
  });
  test(`SentencePiece-like: a file gives what its lines give, ${copies} copies`, (t) => {
    const folder = temporaryFolder(t, { "a.txt": texts.join("") });
    assert.deepEqual(jsonOf(trainedOnFiles([path.join(folder, "a.txt")], options)), json);
  });
}

test("SentencePiece-like: a text begins with <s> and a blank, a rare character is spelt in bytes", () => {
  const tokenizer = trainBpe(["the cat sat\n", "the cat ran\n"], { kind: "sentencepiece", vocabSize: 280 });
  const spelt = (text: string) => tokenizer.encode(text).ids.map((id) => tokenizer.idToToken(id));
  assert.deepEqual(spelt("the cat"), ["<s>", "▁the", "▁cat"]);
  assert.deepEqual(spelt("cat é\n").slice(-4), ["▁", "<0xC3>", "<0xA9>", "<0x0A>"]);
  assert.equal(tokenizer.decode(tokenizer.encodeIds("the cat é\n"), { skipSpecialTokens: true }), "the cat é\n");
  assert.deepEqual(tokenizer.specialTokens, { bos: 0, eos: 1, unk: 2, pad: 3 });
  const wanted = /at least 268 \(4 special tokens and 256 bytes and the 8 characters of the text\)/;
  assert.throws(() => trainBpe(["a cat, then"], { kind: "sentencepiece", vocabSize: 267 }), wanted);
});

test("A byte-order mark at the start of a file is text, as in the reference", (t) => {
  const { contents, vocabSize, merges } = TRAINING.byteOrderMarks;
  const files = Object.fromEntries(contents.map((content, i) => [`${i}.txt`, content]));
  const folder = temporaryFolder(t, files);
  const tokenizer = trainedOnFiles(
    Object.keys(files).map((name) => path.join(folder, name)),
    { vocabSize },
  );
  assert.deepEqual(mergesOf(tokenizer), merges);
  assert.ok(merges.includes("ï »¿"), "the mark itself was learnt");
});

test("Impossible options are refused with the values that are possible", () => {
  assert.throws(() => trainBpe(["a"], { vocabSize: 259 }), /vocabSize is 259, want an integer of at least 260/);
  assert.throws(() => trainBpe(["a"], { vocabSize: 300.5 }), /want an integer/);
  assert.throws(() => trainBpe(["a"], { vocabSize: 300, specialTokens: ["<s>", "<s>"] }), /must be distinct/);
  assert.throws(() => trainBpe(["a"], { vocabSize: 300, minFrequency: -1 }), /minFrequency is -1/);
});

test("A text with too few pairs gives a smaller vocabulary, which vocabSize reports", () => {
  assert.equal(trainBpe(["ab ab ab"], { vocabSize: 1000 }).vocabSize, 262); // ab, Ġab
});
