import assert from "node:assert/strict";
import { test } from "node:test";
import { splitSentences } from "../../src/augmentation/sentences";

test("sentences end at full stops, question and exclamation marks before a capital or a digit", () => {
  assert.deepEqual(splitSentences('It rained. 40 boats sank! "Why?" He did not know.'), [
    "It rained.",
    "40 boats sank!",
    '"Why?"',
    "He did not know.",
  ]);
});

test("abbreviations, initials and decimals do not end a sentence", () => {
  for (const sentence of [
    "Dr. Lee met Mrs. Parry in St. Ives.",
    "J. R. Hill moved to the U.S. in 1920.",
    "It is 2.5 km long, e.g. as a road.",
    "The shop opened at 9 a.m. on Monday.",
  ]) {
    assert.deepEqual(splitSentences(sentence), [sentence]);
  }
});

test("line breaks always end a sentence; nothing is lost", () => {
  const text = "A wolf runs\nIt eats. It sleeps";
  assert.deepEqual(splitSentences(text), ["A wolf runs", "It eats.", "It sleeps"]);
  assert.deepEqual(splitSentences(""), []);
});
