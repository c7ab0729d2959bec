import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { Tokenizer } from "../../src/tokenizer/tokenizer";
import { Rng } from "../../src/util/rng";
import { golden, referencePath, skipWithout } from "../support/reference";
import { assertEncodesAs, pairsOf } from "./reference-cases";

type Json = Record<string, unknown>;
interface GoldenEncodings {
  texts: string[];
  pairs: [string, string][];
  configurations: {
    name: string;
    parts?: Json;
    whole?: Json;
    rows: [number[], number[], number[], string, string][];
    pairs: [number[], number[], (0 | 1 | null)[]][];
  }[];
}

const TRAINING = golden<{ story: string }>("tokenizer/training.json");
const LINES = TRAINING.story.match(/[^\n]*\n/g)!;
const ENCODINGS = golden<GoldenEncodings>("tokenizer/encodings.json");

/** The tokenizer that the golden file calls "lines". */
function storyTokenizer(): Tokenizer {
  return trainBpe(LINES, { vocabSize: 500 });
}

function jsonOf(tokenizer: Tokenizer): Json {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tokenizer-"));
  try {
    tokenizer.save(folder);
    return JSON.parse(fs.readFileSync(path.join(folder, "tokenizer.json"), "utf8"));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const STORY_JSON = jsonOf(storyTokenizer());

for (const { name, parts, whole, rows, pairs } of ENCODINGS.configurations) {
  test(`Ids, offsets and decodings equal Hugging Face's: ${name}`, () => {
    const tokenizer = Tokenizer.fromJson(whole ?? { ...STORY_JSON, ...parts });
    rows.forEach(([ids, offsets, idsWithoutSpecial, decoded, decodedWithoutSpecial], i) => {
      const want = { ids, offsets: pairsOf(offsets), idsWithoutSpecial, decoded, decodedWithoutSpecial };
      assertEncodesAs(tokenizer, ENCODINGS.texts[i], want, name);
    });
    pairs.forEach(([ids, offsets, sequenceIds], i) => {
      const encoding = tokenizer.encodePair(...ENCODINGS.pairs[i], { maxLength: 1000 });
      assert.deepEqual(encoding.ids, ids);
      assert.deepEqual(encoding.offsets, pairsOf(offsets));
      assert.deepEqual(encoding.sequenceIds, sequenceIds);
    });
  });
}

const readLines = (file: string) =>
  fs
    .readFileSync(referencePath(file)!, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("400 strings of the reference model: ids, offsets, tokens and decodings are exact", {
  skip: skipWithout("oracles/tokenizer.jsonl"),
}, () => {
  const tokenizer = Tokenizer.load(referencePath("oracles/model")!);
  for (const row of readLines("oracles/tokenizer.jsonl")) {
    assertEncodesAs(
      tokenizer,
      row.text,
      {
        ids: row.with_special.ids,
        offsets: row.with_special.offsets,
        idsWithoutSpecial: row.no_special.ids,
        decoded: row.decode_keep_special,
        decodedWithoutSpecial: row.decode_skip_special,
      },
      row.kind,
    );
    assert.deepEqual(
      row.no_special.ids.map((id: number) => tokenizer.idToToken(id)),
      row.tokens,
    );
    row.decode_each?.forEach(
      (text: string, i: number) => void assert.equal(tokenizer.decode([row.no_special.ids[i]]), text),
    );
  }
});

test("Pairs of the reference model: ids, offsets and longest-first truncation are exact", {
  skip: skipWithout("oracles/tokenizer_pairs.jsonl"),
}, () => {
  const tokenizer = Tokenizer.load(referencePath("oracles/model")!);
  for (const row of readLines("oracles/tokenizer_pairs.jsonl")) {
    const whole = tokenizer.encodePair(row.a, row.b, { maxLength: 100_000 });
    assert.deepEqual(whole.ids, row.ids);
    assert.deepEqual(whole.offsets, row.offsets);
    assert.deepEqual(whole.sequenceIds, row.sequence_ids);
    for (const [maxLength, ids] of Object.entries(row.truncated)) {
      // the reference stops reading a text early, which can change which of the two counts as longer; we do not
      const want = row.truncated_plain_formula[maxLength] ?? ids;
      assert.deepEqual(
        tokenizer.encodePair(row.a, row.b, { maxLength: Number(maxLength) }).ids,
        want,
        `${row.a} | ${maxLength}`,
      );
    }
  }
});

test("Eight other normalizers, pre-tokenizers and post-processors of the reference model are exact", {
  skip: skipWithout("oracles/tokenizer_variants.jsonl"),
}, () => {
  const base = JSON.parse(fs.readFileSync(referencePath("oracles/model/tokenizer.json")!, "utf8"));
  for (const { variant, replaced_parts_of_tokenizer_json: parts, rows, pair } of readLines(
    "oracles/tokenizer_variants.jsonl",
  )) {
    const tokenizer = Tokenizer.fromJson({ ...base, ...parts });
    for (const { text, ids, offsets } of rows) {
      assertEncodesAs(
        tokenizer,
        text,
        { ids, offsets, idsWithoutSpecial: null, decoded: null, decodedWithoutSpecial: null },
        variant,
      );
    }
    assert.deepEqual(tokenizer.encodePair(pair.a, pair.b, { maxLength: 99 }).ids, pair.ids);
  }
});

/** A few characters of every kind, mixed at random. */
function randomText(rng: Rng, longest: number): string {
  const pool = [
    ..."abcdehtABC  ''\n\t.,!<s>/019",
    "é",
    "\u0301",
    "漢",
    "😀",
    "\u00a0",
    "\u0085",
    "\ufeff",
    "²",
    "ß",
    "\u200d",
    "\ua7ce", // a letter of Unicode 17
    "\u{323b0}", // a letter of Unicode 17
    "\u{105c9}", // composed in Unicode 16: U+105D2 with U+0307
    "\u{105d2}\u0307",
    "\u0897", // a mark of Unicode 16
    "\u{11de0}", // a digit of Unicode 17
    "\u1b4e", // punctuation of Unicode 16
  ];
  return Array.from({ length: rng.int(longest) }, () => rng.pick(pool)).join("");
}

test("Random texts give the ids and offsets of the native tokenizers package", async (t) => {
  let native: typeof import("tokenizers");
  try {
    native = await import("tokenizers");
  } catch {
    t.skip("the tokenizers package has no binary for this machine");
    return;
  }
  const rng = Rng.fromSeed("tokenizer-fuzz");
  for (const { whole, parts } of ENCODINGS.configurations) {
    const json = whole ?? { ...STORY_JSON, ...parts };
    const reference = native.Tokenizer.fromString(JSON.stringify(json));
    const ours = Tokenizer.fromJson(json);
    for (let i = 0; i < 40; i++) {
      const text = randomText(rng, 40);
      const want = await reference.encode(text);
      const encoding = ours.encode(text);
      assert.deepEqual(encoding.ids, want.getIds(), JSON.stringify(text));
      assert.deepEqual(ours.encodeIds(text), want.getIds(), JSON.stringify(text));
      assert.deepEqual(encoding.offsets, want.getOffsets(), JSON.stringify(text));
    }
  }
});

test("Decoding the ids of any text gives the text; lone surrogates become U+FFFD", () => {
  const tokenizer = storyTokenizer();
  const rng = Rng.fromSeed("round-trip");
  for (let i = 0; i < 300; i++) {
    const units = Array.from({ length: rng.int(30) }, () => (rng.chance(0.3) ? rng.int(0x10000) : 32 + rng.int(90)));
    const text = String.fromCharCode(...units);
    const ids = tokenizer.encodeIds(text, { specialTokensInText: false });
    assert.equal(tokenizer.decode(ids), Buffer.from(text, "utf8").toString("utf8"));
    const encoding = tokenizer.encode(text, { specialTokensInText: false });
    assert.deepEqual(encoding.ids, ids);
    assert.equal(encoding.offsets.at(-1)?.[1] ?? 0, [...text].length, "the last offset is the number of code points");
  }
});

test("A lone surrogate has the tokens of U+FFFD and is one code point", () => {
  const tokenizer = storyTokenizer();
  const broken = tokenizer.encode("a\ud800b \udc00");
  assert.deepEqual(broken, tokenizer.encode("a\ufffdb \ufffd"));
  assert.deepEqual(broken.offsets.at(-1), [4, 5]);
});

test("A special token in a text is that token, or plain characters when asked", () => {
  const tokenizer = storyTokenizer();
  assert.equal(tokenizer.encodeIds("a</s>")[1], 1);
  const asText = tokenizer.encode("a</s>", { specialTokensInText: false });
  assert.ok(!asText.ids.includes(1));
  assert.equal(tokenizer.decode(asText.ids), "a</s>");
});

test("maxLength counts the special tokens that are put around the text", () => {
  const template = ENCODINGS.configurations.find((c) => c.name === "bos and eos")!.parts!;
  const tokenizer = Tokenizer.fromJson({ ...STORY_JSON, ...template });
  const whole = tokenizer.encode("The geese walk.");
  const cut = tokenizer.encode("The geese walk.", { maxLength: 4 });
  assert.deepEqual(cut.ids, [0, whole.ids[1], whole.ids[2], 1]);
  assert.deepEqual(cut.specialTokensMask, [1, 0, 0, 1]);
  assert.deepEqual(tokenizer.encodeIds("The geese walk.", { maxLength: 4 }), cut.ids);
  assert.throws(
    () => tokenizer.encodePair("a", "b", { maxLength: 2 }),
    /maxLength is 2, want space for at least the 3 special tokens/,
  );
});

test("The longer text of a pair gets the odd token, a short one keeps all its tokens", () => {
  const tokenizer = storyTokenizer();
  const a = "!".repeat(20); // no merges: one token a character
  const counts = (b: string, maxLength: number) => {
    const { sequenceIds } = tokenizer.encodePair(a, b, { maxLength });
    return [0, 1].map((s) => sequenceIds!.filter((id) => id === s).length);
  };
  assert.deepEqual(counts("?".repeat(20), 15), [7, 8]);
  assert.deepEqual(counts("?".repeat(3), 15), [12, 3]);
  assert.deepEqual(counts("?".repeat(19), 15), [8, 7]);
  assert.deepEqual(counts("?".repeat(19), 100), [20, 19]);
});

test("An id outside the vocabulary is refused with the range that is valid", () => {
  const tokenizer = storyTokenizer();
  assert.throws(() => tokenizer.decode([5, 500]), /no token has id 500; this vocabulary has the ids 0 to 499/);
  assert.throws(() => tokenizer.idToToken(-1), RangeError);
});

test("A saved tokenizer loads with the same ids, special tokens and files", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tokenizer-"));
  try {
    const tokenizer = storyTokenizer();
    tokenizer.save(folder);
    const files = ["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"];
    assert.deepEqual(fs.readdirSync(folder).sort(), files);
    const before = files.map((file) => fs.readFileSync(path.join(folder, file), "utf8"));
    const loaded = Tokenizer.load(folder);
    assert.deepEqual(loaded.specialTokens, { bos: 0, eos: 1, unk: 2, pad: 3 });
    assert.deepEqual(loaded.encode("The geese don't walk."), tokenizer.encode("The geese don't walk."));
    loaded.save(folder);
    assert.deepEqual(
      files.map((file) => fs.readFileSync(path.join(folder, file), "utf8")),
      before,
    );
    assert.deepEqual(Tokenizer.load(path.join(folder, "tokenizer.json")).specialTokens, loaded.specialTokens);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test("100,000 added tokens that take in blanks or stand alone cost a second, not minutes", { timeout: 60_000 }, () => {
  const of = (option: string) => {
    const token = { id: 600, content: "<m>", single_word: false, lstrip: false, rstrip: false, normalized: false };
    const tokens = [...(STORY_JSON.added_tokens as Json[]), { ...token, special: true, [option]: true }];
    return Tokenizer.fromJson({ ...STORY_JSON, added_tokens: tokens });
  };
  const n = 100_000;
  for (const [option, text, found] of [
    ["lstrip", "a  <m>", n],
    ["rstrip", "a<m>  ", n],
    ["single_word", "a <m> ", n],
    ["single_word", "a<m> ", 0],
    ["single_word", "<m>𝒶 ", 0],
  ] as const) {
    const ids = of(option).encodeIds(text.repeat(n));
    assert.equal(ids.filter((id) => id === 600).length, found, `${option} in ${JSON.stringify(text)}`);
  }
  const blanks = of("lstrip").encode(`${" ".repeat(n)}x${" ".repeat(n)}<m>`);
  assert.deepEqual(blanks.offsets[blanks.offsets.length - 1], [n + 1, 2 * n + 4], "the blanks belong to the token");
});

test("A ten-megabyte line and a one-megabyte word are encoded like any other", () => {
  const tokenizer = storyTokenizer();
  const line = tokenizer.encodeIds("The geese walk. ".repeat(625_000));
  assert.deepEqual(line.slice(-5), tokenizer.encodeIds("The geese walk. The geese walk. ").slice(-5));
  const word = tokenizer.encodeIds("a".repeat(1_000_000));
  assert.equal(tokenizer.decode(word).length, 1_000_000);
});
