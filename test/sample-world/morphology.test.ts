import assert from "node:assert/strict";
import { test } from "node:test";
import { NOUNS, TRANSITIVE } from "../../src/sample-world/lexicon";
import { article, comparison, noun, numberWord, regularPast, verb } from "../../src/sample-world/morphology";

test("plurals follow school grammar, and the irregular ones are marked", () => {
  const plurals =
    "box:boxes berry:berries boy:boys bus:buses knife:knives mouse:mice sheep:sheep potato:potatoes woman:women";
  for (const pair of plurals.split(" ")) {
    const [one, many] = pair.split(":");
    assert.equal(noun(one).plural, many);
  }
  assert.equal(noun("mouse").isRegular, false);
  assert.equal(noun("box").isRegular, true);
});

test("verbs: third person, past, participle and -ing", () => {
  const expected: Record<string, string> = {
    plan: "plans planned planned planning",
    carry: "carries carried carried carrying",
    bake: "bakes baked baked baking",
    catch: "catches caught caught catching",
    forgive: "forgives forgave forgiven forgiving",
    tie: "ties tied tied tying",
    visit: "visits visited visited visiting",
    begin: "begins began begun beginning",
    have: "has had had having",
    go: "goes went gone going",
  };
  for (const [base, forms] of Object.entries(expected)) {
    const v = verb(base);
    assert.equal([v.third, v.past, v.participle, v.ing].join(" "), forms);
  }
  assert.equal(verb("look after").ing, "looking after");
  assert.equal(regularPast("glorp"), "glorped");
});

test("articles follow the sound, comparisons the length of the word", () => {
  assert.deepEqual(["owl", "hat", "hour", "useful map", "egg"].map(article), ["an", "a", "an", "a", "an"]);
  assert.deepEqual(comparison("big"), ["bigger", "biggest"]);
  assert.deepEqual(comparison("happy"), ["happier", "happiest"]);
  assert.deepEqual(comparison("good"), ["better", "best"]);
  assert.deepEqual(comparison("careful"), ["more careful", "most careful"]);
  assert.deepEqual(comparison("nice"), ["nicer", "nicest"]);
});

test("numbers in words from 0 to 99, and an error beyond", () => {
  assert.deepEqual([0, 9, 13, 20, 42, 99].map(numberWord), [
    "zero",
    "nine",
    "thirteen",
    "twenty",
    "forty-two",
    "ninety-nine",
  ]);
  assert.throws(() => numberWord(100), /0 to 99/);
});

test("no word of the lexicon is listed twice in its class, and every frame has objects", () => {
  for (const [kind, list] of Object.entries(NOUNS)) {
    assert.equal(new Set(list.map((n) => n.singular)).size, list.length, kind);
  }
  for (const f of TRANSITIVE)
    assert.ok(
      f.object.every((kind) => NOUNS[kind].length > 0),
      f.verb.base,
    );
});
