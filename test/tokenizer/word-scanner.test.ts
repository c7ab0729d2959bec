import assert from "node:assert/strict";
import { test } from "node:test";
import { gpt2Pattern, wordEnd } from "../../src/tokenizer/word-scanner";
import { Rng } from "../../src/util/rng";

function scan(text: string, start = 0, end = text.length): string[] {
  const words: string[] = [];
  for (let i = start; i < end; ) {
    const next = wordEnd(text, i, end);
    words.push(text.slice(i, next));
    i = next;
  }
  return words;
}

test("Words by hand: contractions, leading blanks, runs of blanks", () => {
  assert.deepEqual(scan("I'm  here,don't 12a \\n"), [
    "I",
    "'m",
    " ",
    " here",
    ",",
    "don",
    "'t",
    " 12",
    "a",
    " \\",
    "n",
  ]);
  assert.deepEqual(scan("a \n\n b  "), ["a", " \n\n", " b", "  "]);
  assert.deepEqual(scan(" 's 'll'LL"), [" '", "s", " '", "ll", "'", "LL"]);
});

test("The scan cuts every text as the regular expression does", () => {
  const rng = Rng.fromSeed("word-scanner");
  const pool = [
    ..."abzSTRVEMLD'''    \n\n\t\r019.,!?-",
    "'s",
    "'ll",
    "'re",
    "é",
    "\u0301",
    "漢",
    "😀",
    "𝔘",
    "𝟙",
    "\u00a0",
    "\u0085",
    "\ufeff",
    "\u2028",
    "\u3000",
    "²",
    "Ⅻ",
    "\ud83d",
    "\ude00",
    "\uffff",
  ];
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: rng.int(14) }, () => rng.pick(pool)).join("");
    assert.deepEqual(scan(text), text.match(gpt2Pattern()) ?? [], JSON.stringify(text));
  }
});

test("Every code point of the basic plane is of the class that the regular expression gives it", () => {
  for (let code = 0; code < 0x10000; code++) {
    const text = `a${String.fromCharCode(code)}a`;
    assert.deepEqual(scan(text), text.match(gpt2Pattern()), `U+${code.toString(16)}`);
  }
});

test("A stretch of a text is cut as if it were the whole text", () => {
  const text = "one  two  \nthree";
  assert.deepEqual(scan(text, 3, 10), scan(text.slice(3, 10)));
});
