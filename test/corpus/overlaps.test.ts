import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutOverlaps } from "../../src/corpus/overlaps";
import { Rng } from "../../src/util/rng";

const rng = Rng.fromSeed("overlaps");
const words = (n: number) => Array.from({ length: n }, () => `w${rng.int(5000)}`);
const linesOf = (list: readonly string[], per: number) =>
  Array.from({ length: Math.ceil(list.length / per) }, (_, i) => list.slice(per * i, per * (i + 1)).join(" "));

function run(lines: readonly string[]) {
  const counts = { passages: 0, droppedLines: 0, droppedWords: 0 };
  return { kept: [...withoutOverlaps(lines, counts)], counts };
}

test("a repeated passage of 200 words is removed, for any line breaks and punctuation", () => {
  const [a, copied, b, c] = [words(1200), words(200), words(1000), words(300)];
  const first = linesOf([...a, ...copied, ...b], 10);
  const second = ["A:\t", ...linesOf(copied, 8).map((line) => `A:\t${line.toUpperCase().replaceAll(" ", ", ")}.`)];
  const { kept, counts } = run([...first, ...second, "= = = Title = = =", "", ...linesOf(c, 10)]);
  assert.deepEqual(kept, [...first, "A:\t", "= = = Title = = =", "", ...linesOf(c, 10)]);
  assert.deepEqual(counts, { passages: 1, droppedLines: 25, droppedWords: 25 * 9 }, "labels are words of the file");
});

test("ninety-nine equal words stay, a hundred go", () => {
  const start = words(3000);
  for (const [length, passages] of [
    [99, 0],
    [100, 1],
  ]) {
    const text = [...linesOf(start, 10), ...linesOf(start.slice(500, 500 + length), 10), ...linesOf(words(50), 10)];
    const { kept, counts } = run(text);
    assert.equal(counts.passages, passages);
    assert.equal(counts.droppedLines, passages === 0 ? 0 : 10);
    assert.equal(kept.length, text.length - counts.droppedLines);
  }
});

test("an immediate repetition is a refrain, not a copy", () => {
  const song = words(120);
  assert.equal(run(linesOf([...song, ...song, ...song], 10)).counts.passages, 0);
});

test("a copy at the very end of a text is found", () => {
  const start = words(2000);
  const { kept } = run([...linesOf(start, 10), ...linesOf(start.slice(100, 300), 10)]);
  assert.deepEqual(kept, linesOf(start, 10));
});
