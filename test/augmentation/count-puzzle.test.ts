import assert from "node:assert/strict";
import { test } from "node:test";
import { countPuzzle, impliedReplyWords } from "../../src/augmentation/count-puzzle";
import { readPromptComparison } from "../../src/augmentation/prompt-lengths";

test("by hand: round averages", () => {
  const means = { articleWords: 100, questionWords: 10, articleBytesPerWord: 6, turnBytesPerWord: 5 };
  // 100,591,017 / 91,016 = 1105.2 bytes a row, less 16 for lengths and 11 for the source: 179.7 words of 6 bytes
  assert.ok(Math.abs(impliedReplyWords(means) - 69.7) < 0.05);
  const lines = new Map(countPuzzle(means).map((line) => [`${line.about}: ${line.reading}`, line]));
  const all = lines.get("18M words: 91,016 such pairs and Switchboard");
  assert.equal(all?.computed, Math.round(91_016 * ((100_591_017 / 91_016 - 27) / 6) + 1_300_000)); // 17.66 million
  assert.equal(lines.get("items: 97,697 is the whole set (poster)")?.computed, 129_818);
  const talk = lines.get("bytes of a Switchboard row: `text` is empty");
  assert.equal(talk?.computed, 362); // 27 + 2 * 33.504 * 5
  assert.equal(talk?.published, 370);
});

test("on real text, one reading fits bytes, figure 1 and words; others do not", () => {
  const means = readPromptComparison().texts.find((text) => text.means !== null)?.means;
  assert.ok(means);
  const lines = countPuzzle(means);
  const fitting = lines.filter(({ fits }) => fits).map(({ about, reading }) => `${about}: ${reading}`);
  for (const reading of [
    "figure 1, wiki: it shows a third of them",
    "18M words: 91,016 such pairs and Switchboard",
    "8.7M words: a third of the pairs with articles, Switchboard's prompts and replies",
    "bytes of a Switchboard row: `text` is empty",
  ]) {
    assert.ok(fitting.includes(reading), `${reading}; fits: ${fitting.join("; ")}`);
  }
  for (const { about, reading, fits } of lines) {
    if (reading.includes("prompts are questions") || reading.includes("repeats")) {
      assert.ok(!fits, `${about}: ${reading} should not fit`);
    }
  }
  assert.ok(lines.every(({ computed, published, ratio }) => Math.abs(computed / published - ratio) < 0.01));
});
