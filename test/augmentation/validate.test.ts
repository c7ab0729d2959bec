import assert from "node:assert/strict";
import { test } from "node:test";
import { contentWords, type RejectionReason, validatePairs } from "../../src/augmentation/validate";

const article = {
  id: "x",
  title: "River owl",
  text: "The river owl lives in old willows. It eats fish and small frogs at night. Farmers like its quiet song.",
};
const good = {
  question: "Where does the river owl live?",
  answer: "The river owl lives in old willows. At night it is eating fish and frogs.",
};
const second = {
  question: "Who likes its song?",
  answer: "Farmers like the quiet song of the river owl. They hear it at night.",
};
const third = { question: "What does it eat?", answer: "The owl eats fish. It also eats small frogs at night." };

function reasons(answer: unknown): RejectionReason[] {
  return validatePairs(answer, article).rejected.map(({ reason }) => reason);
}

test("three good pairs are accepted as they are, on one line", () => {
  const { accepted, rejected } = validatePairs([good, second, { ...third, question: " What does\nit eat? " }], article);
  assert.deepEqual(rejected, []);
  assert.deepEqual(accepted, [good, second, third]);
});

test("every kind of bad pair is rejected with its reason, and the good ones beside it are kept", () => {
  const bad: [RejectionReason, unknown][] = [
    ["wrong-shape", { question: "What?" }],
    ["wrong-shape", "What is an owl?"],
    ["wrong-shape", null],
    ["not-a-question", { ...good, question: "Tell me about the owl." }],
    ["question-length", { ...good, question: "Owl?" }],
    ["question-length", { ...good, question: `Where ${"very ".repeat(50)} far?` }],
    ["answer-length", { ...good, answer: "In willows. At night." }],
    ["answer-length", { ...good, answer: "The owl eats fish. ".repeat(100) }],
    ["too-few-sentences", { ...good, answer: "The river owl lives in old willows and eats fish and frogs" }],
    ["refusal", { ...good, answer: "I'm sorry, but the river owl eats fish. It lives in willows." }],
    ["refusal", { ...good, answer: "The text does not mention where the owl lives. It eats fish." }],
    [
      "not-grounded",
      { ...good, answer: "Penguins swim across the Antarctic ocean every winter. Their chicks hatch on ice." },
    ],
    ["repeated-question", { ...good, question: "Where does the River owl live ?", answer: third.answer }],
    ["repeated-answer", { ...good, question: "Where is it living?" }],
  ];
  for (const [reason, pair] of bad) {
    const { accepted, rejected } = validatePairs([good, pair, second], article);
    assert.deepEqual(
      rejected.map((r) => r.reason),
      [reason],
      JSON.stringify(pair),
    );
    assert.deepEqual(rejected[0].pair, pair);
    assert.deepEqual(accepted, [good, second]);
  }
});

test("too few, too many, and nonsense instead of a list", () => {
  assert.deepEqual(reasons([good, second]), ["too-few"]);
  assert.deepEqual(reasons([good, second, third, good]), ["too-many"]);
  assert.deepEqual(reasons([]), ["too-few"]);
  for (const nonsense of [undefined, null, "three pairs", 3, { pairs: [] }])
    assert.deepEqual(reasons(nonsense), ["wrong-shape"]);
});

test("inflected forms of a word count as the word", () => {
  assert.deepEqual([...contentWords("lives lived living")], ["liv"]);
  assert.deepEqual([...contentWords("the stories of a story")], ["story"]);
  assert.deepEqual([...contentWords("It was there, and he had been.")], []);
});
