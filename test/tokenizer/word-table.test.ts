import assert from "node:assert/strict";
import { test } from "node:test";
import { PairMap } from "../../src/tokenizer/pair-map";
import { WordTable } from "../../src/tokenizer/word-table";
import { Rng } from "../../src/util/rng";

test("A word table numbers words as a Map of strings does", () => {
  const rng = Rng.fromSeed("word-table");
  const table = new WordTable();
  const map = new Map<string, number>();
  const text = Array.from({ length: 40_000 }, () => rng.pick([..."abcé漢", "😀"])).join("");
  for (let i = 0; i < 30_000; i++) {
    const start = rng.int(text.length);
    const end = Math.min(text.length, start + rng.int(9));
    const word = text.slice(start, end);
    assert.equal(table.find(text, start, end), map.get(word) ?? -1);
    if (!map.has(word)) map.set(word, map.size);
    assert.equal(table.findOrAdd(text, start, end), map.get(word));
  }
  assert.equal(table.size, map.size);
  for (const [word, number] of map) assert.equal(table.word(number), word);
});

test("A pair map holds what was last set", () => {
  const rng = Rng.fromSeed("pair-map");
  const pairs = new PairMap(2);
  const map = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const [a, b, value] = [rng.int(200), rng.int(200), rng.int(1000)];
    assert.equal(pairs.get(a, b), map.get(`${a} ${b}`) ?? -1);
    pairs.set(a, b, value);
    map.set(`${a} ${b}`, value);
  }
  assert.equal(pairs.size, map.size);
});
