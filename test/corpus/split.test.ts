import assert from "node:assert/strict";
import { test } from "node:test";
import { planSplit } from "../../src/corpus/split";

const documents = Array.from({ length: 300 }, (_, i) => ({
  source: i % 3 === 0 ? "simple_wiki" : "childes",
  group: `g${Math.floor(i / 2)}`,
  text: `text ${i}`,
  words: 50 + (i % 7) * 20,
})).map((d, i) => ({ ...d, source: Math.floor(i / 2) % 3 === 0 ? "simple_wiki" : "childes" }));

/** The documents by side. */
function bySide<D extends { group: string }>(list: readonly D[], plan: ReturnType<typeof planSplit>) {
  const on = (side: string) => list.filter(({ group }) => plan.sideOf(group) === side);
  return { train: on("train"), validation: on("validation") };
}

test("a tenth of each source's words is for validation, and no group is on both sides", () => {
  const plan = planSplit(documents, { seed: 7 });
  const { train, validation } = bySide(documents, plan);
  assert.equal(train.length + validation.length, documents.length);
  for (const source of ["simple_wiki", "childes"]) {
    const words = (list: typeof documents) =>
      list.filter((d) => d.source === source).reduce((sum, d) => sum + d.words, 0);
    const share = words(validation) / words(documents);
    assert.ok(Math.abs(share - 0.1) < 0.015, `${source}: ${share}`);
  }
  const groups = new Set(train.map(({ group }) => group));
  assert.ok(validation.every(({ group }) => !groups.has(group)));
  assert.equal(
    plan.counts.reduce((sum, { words }) => sum + words, 0),
    documents.reduce((sum, { words }) => sum + words, 0),
  );
});

test("the split depends on the seed and not on the order of the documents", () => {
  const a = planSplit(documents, { seed: 7 });
  const b = planSplit([...documents].reverse(), { seed: 7 });
  const c = planSplit(documents, { seed: 8 });
  assert.ok(documents.every(({ group }) => a.sideOf(group) === b.sideOf(group)));
  assert.ok(documents.some(({ group }) => a.sideOf(group) !== c.sideOf(group)));
});

test("documents with the same text stay together", () => {
  const copies = Array.from({ length: 200 }, (_, i) => ({
    source: "simple_wiki",
    group: `g${i}`,
    text: `text ${i % 20}`,
    words: 10,
  }));
  const plan = planSplit(copies, { seed: 1 });
  const { train, validation } = bySide(copies, plan);
  assert.equal(plan.duplicates, 180);
  assert.deepEqual([train.length, validation.length], [180, 20]);
  const trained = new Set(train.map(({ text }) => text));
  assert.ok(validation.every(({ text }) => !trained.has(text)));
});

test("a source with one document is for training; an unknown group is an error", () => {
  const plan = planSplit([{ source: "gutenberg", group: "book", text: "x", words: 9 }], { seed: 1 });
  assert.equal(plan.sideOf("book"), "train");
  assert.throws(() => plan.sideOf("other"), /"other" was not among/);
  assert.throws(() => planSplit([], { seed: 1, validationShare: 1 }), /validationShare 1/);
});
