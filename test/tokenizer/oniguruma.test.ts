import assert from "node:assert/strict";
import { test } from "node:test";
import { fromOniguruma, literalPattern } from "../../src/tokenizer/oniguruma";

const matches = (pattern: string, text: string) => text.match(fromOniguruma(pattern)) ?? [];

test("The classes are Oniguruma's, not JavaScript's", () => {
  assert.deepEqual(matches("\\s", "a\u0085\ufeff\u00a0"), ["\u0085", "\u00a0"]); // NEL is white space, a BOM is not
  assert.deepEqual(matches("\\w+", "é²_ ①x"), ["é²_", "x"]);
  assert.deepEqual(matches("\\d", "1٣²"), ["1", "٣"]);
  assert.deepEqual(matches(".", "\r\n\u2028"), ["\r", "\u2028"]);
  assert.deepEqual(matches("^a|b$", "a\nab\r\nb"), ["a", "a", "b"]);
});

test("(?i:...) ignores case with the letters that fold to ASCII", () => {
  assert.deepEqual(matches("(?i:'s|'re)", "'s'S'ſ'RE'rE'x"), ["'s", "'S", "'ſ", "'RE", "'rE"]);
});

test("Scripts may be named without their prefix", () => {
  assert.deepEqual(matches("\\p{Han}+|\\p{Lu}", "漢字 kanjiA"), ["漢字", "A"]);
});

test("What has no translation is refused by name", () => {
  for (const [pattern, message] of [
    ["a*+", /possessive/],
    ["\\b", /\\b/],
    ["(?>a)", /the group \(\?>a/],
    ["[a&&b]", /intersection/],
    ["[[:alpha:]]", /a class inside a class/],
    ["\\p{Nonsense}", /the property Nonsense/],
    ["(", /does not read/],
    ["a)", /a closing bracket too many/],
  ] as const) {
    assert.throws(() => fromOniguruma(pattern), message);
  }
});

test("A literal with any characters matches itself", () => {
  const text = "a.b*[c]{d}(e)\\f^$|+?/-";
  assert.equal(text.match(literalPattern(text))![0], text);
});
