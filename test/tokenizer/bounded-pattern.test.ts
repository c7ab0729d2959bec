import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedPattern, mayExplode } from "../../src/tokenizer/bounded-pattern";
import { fromOniguruma } from "../../src/tokenizer/oniguruma";

const PUBLISHED = [
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, // GPT-2
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, // Llama 3
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, // Qwen 2
];

test("published patterns run as they are, without a limit", () => {
  for (const pattern of PUBLISHED) {
    const compiled = fromOniguruma(pattern);
    assert.equal(mayExplode(compiled.source), false, pattern);
    assert.equal(Object.getPrototypeOf(compiled), RegExp.prototype);
  }
});

test("patterns that explode are refused when they are read, within seconds", () => {
  for (const pattern of ["(a+)+$", "(a|aa)+$", "(a|a)*b", "([a-zA-Z]+)*$", "(.*a){30}", "^(a?){50}a{50}$"]) {
    assert.ok(mayExplode(fromOnigurumaSource(pattern)), pattern);
    assert.throws(() => fromOniguruma(pattern), /is not finished after 0\.2 s with 65 characters/, pattern);
  }
});

test("a pattern that could explode and does not is the same pattern, for every way of matching", () => {
  const bounded = boundedPattern("(?:ab|c)+\\d?");
  const plain = /(?:ab|c)+\d?/gu;
  const text = "abc1 ccab ab2x c";
  assert.deepEqual([...text.matchAll(bounded)].map(String), [...text.matchAll(plain)].map(String));
  assert.deepEqual(text.match(bounded), text.match(plain));
  assert.equal(text.replace(bounded, "_"), text.replace(plain, "_"));
  assert.deepEqual(text.split(bounded), text.split(plain));
});

/** As `fromOniguruma` writes these: groups that capture nothing. */
const fromOnigurumaSource = (pattern: string) => pattern.replaceAll("(", "(?:");
