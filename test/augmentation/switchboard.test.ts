import assert from "node:assert/strict";
import { test } from "node:test";
import { conversationPairs, documentPairs } from "../../src/augmentation/switchboard";
import { parseUtterance } from "../../src/corpus/turns";

const say = (...lines: string[]) => lines.map(parseUtterance);

test("the window slides by one turn: (A1, B1), (B1, A2), (A2, B2)", () => {
  assert.deepEqual(conversationPairs(say("A: a1", "B: b1", "A: a2", "B: b2")), [
    { prompt: "a1", reply: "b1" },
    { prompt: "b1", reply: "a2" },
    { prompt: "a2", reply: "b2" },
  ]);
});

test("consecutive utterances of one speaker are one turn", () => {
  assert.deepEqual(conversationPairs(say("A: I have a dog,", "A: and her name is Thumper.", "B: Does it work?")), [
    { prompt: "I have a dog, and her name is Thumper.", reply: "Does it work?" },
  ]);
});

test("n turns give n - 1 pairs; every turn but the last is a prompt, every turn but the first a reply", () => {
  const turns = Array.from({ length: 40 }, (_, i) => `${i % 2 ? "B" : "A"}: turn ${i}`);
  const pairs = conversationPairs(say(...turns));
  assert.equal(pairs.length, 39);
  assert.deepEqual(
    pairs.slice(1).map(({ prompt }) => prompt),
    pairs.slice(0, -1).map(({ reply }) => reply),
  );
  assert.deepEqual(conversationPairs(say("A: alone", "A: still alone")), []);
  assert.deepEqual(conversationPairs([]), []);
});

test("with a longer context the prompt's turns keep their speakers", () => {
  assert.deepEqual(conversationPairs(say("A: a1", "B: b1", "A: a2"), { contextTurns: 2 }), [
    { prompt: "A: a1", reply: "b1" },
    { prompt: "A: a1\nB: b1", reply: "a2" },
  ]);
  assert.throws(() => conversationPairs([], { contextTurns: 0 }), /contextTurns 0/);
});

test("three speakers make windows too, and a line without a speaker belongs to the turn before it", () => {
  assert.deepEqual(
    conversationPairs(say("A: one", "and more", "B: two", "C: three")).map(
      ({ prompt, reply }) => `${prompt} > ${reply}`,
    ),
    ["one and more > two", "two > three"],
  );
});

test("a document's pairs come from its lines", () => {
  const document = {
    source: "switchboard",
    id: "s/1",
    group: "s/1",
    title: null,
    text: "A: hi there\nB: well, hello",
    words: 6,
  } as const;
  assert.deepEqual(documentPairs(document), [{ prompt: "hi there", reply: "well, hello" }]);
});
