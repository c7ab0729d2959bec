/** @file Classes and changes of characters over all 1,112,064 code points, against checksums of the reference's answers. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { AlignedText } from "../../src/tokenizer/aligned-text";
import { classOf } from "../../src/tokenizer/char-class";
import { readNormalizer } from "../../src/tokenizer/normalizers";
import { fromOniguruma } from "../../src/tokenizer/oniguruma";
import { readPreTokenizer } from "../../src/tokenizer/pre-tokenizers";
import { projectRoot } from "../../src/util/project-root";
import { sha256 } from "../../src/util/sha256";
import { golden } from "../support/reference";

const GOLDEN = golden<Record<string, string>>("tokenizer/unicode-tables.json");
const CHARACTERS = Array.from({ length: 0x110000 }, (_, point) => point)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point));
const flags = (has: (char: string) => boolean) => sha256(CHARACTERS.map((char) => (has(char) ? "1" : "0")).join(""));

/** `a?a?a?...` in parts, and what a change of it keeps of each character. */
function* parts(): Generator<{ text: AlignedText; characters: string[] }> {
  for (let start = 0; start < CHARACTERS.length; start += 1 << 16) {
    const characters = CHARACTERS.slice(start, start + (1 << 16));
    yield { text: AlignedText.of(`${characters.map((char) => `a${char}`).join("")}a`), characters };
  }
}

test("Letters, numbers and white space of GPT-2's pattern are the reference's", () => {
  const classes = CHARACTERS.map((char) => "?LNSO"[classOf(char.codePointAt(0)!)]).join("");
  assert.equal(sha256(classes), GOLDEN.gpt2Classes);
});

test("Every class of a regular expression holds the reference's characters", () => {
  const patterns = Object.keys(GOLDEN).filter((name) => name.startsWith("\\"));
  assert.ok(patterns.length > 25);
  for (const pattern of patterns) {
    const regex = new RegExp(fromOniguruma(pattern).source, "u");
    assert.equal(
      flags((char) => regex.test(char)),
      GOLDEN[pattern],
      pattern,
    );
  }
});

test("A negated class holds all other characters, inside square brackets too", () => {
  for (const [pattern, inverse] of [
    ["\\P{L}", "\\p{L}"],
    ["\\p{^L}", "\\p{L}"],
    ["[\\P{Han}]", "\\p{Han}"],
    ["[^\\p{Lu}\\s]", "[\\p{Lu}\\s]"],
    ["\\S", "\\s"],
    ["[\\D]", "\\d"],
    ["\\W", "\\w"],
  ]) {
    const [one, other] = [pattern, inverse].map((p) => new RegExp(fromOniguruma(p).source, "u"));
    assert.ok(
      CHARACTERS.every((char) => one.test(char) !== other.test(char)),
      pattern,
    );
  }
});

test("Digits, punctuation and words are cut where the reference cuts them", () => {
  for (const [type, options, isIn] of [
    ["Digits", { individual_digits: true }, (starts: boolean) => starts],
    ["Punctuation", { behavior: "Isolated" }, (starts: boolean) => starts],
    ["Whitespace", {}, (starts: boolean, kept: boolean) => kept && !starts],
  ] as const) {
    const cut = readPreTokenizer({ type, ...options });
    let found = "";
    for (const { text, characters } of parts()) {
      const starts = new Uint8Array(text.length);
      const kept = new Uint8Array(text.length);
      for (const piece of cut([text])) {
        starts[piece.starts[0]] = 1;
        kept.fill(1, piece.starts[0], piece.ends[piece.length - 1]);
      }
      characters.forEach((_, i) => {
        found += isIn(starts[2 * i + 1] === 1, kept[2 * i + 1] === 1) ? "1" : "0";
      });
    }
    assert.equal(sha256(found), GOLDEN[type], type);
  }
});

test("Accents, small letters and the four normal forms are the reference's", () => {
  const stripAccents = readNormalizer({ type: "StripAccents" });
  let removed = "";
  for (const { text, characters } of parts()) {
    const kept = new Uint8Array(text.length);
    const { starts } = stripAccents(text);
    for (let i = 0; i < starts.length; i++) kept[starts[i]] = 1;
    characters.forEach((_, i) => {
      removed += kept[2 * i + 1] === 1 ? "0" : "1";
    });
  }
  assert.equal(sha256(removed), GOLDEN.StripAccents);
  for (const type of ["Lowercase", "NFC", "NFD", "NFKC", "NFKD"]) {
    const normalize = readNormalizer({ type });
    const changed = CHARACTERS.map((char) => normalize(AlignedText.of(char)).toString());
    assert.equal(sha256(changed.join("\0")), GOLDEN[type], type);
  }
});

test("No rule of the tokenizer asks Node's own Unicode data", () => {
  const folder = path.join(projectRoot(), "src", "tokenizer");
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
    const code = fs.readFileSync(path.join(folder, name), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(code, /(?<!\\)\\p\{(?!Surrogate\})/i, name);
  }
});
