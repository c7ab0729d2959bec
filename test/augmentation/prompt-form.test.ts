import assert from "node:assert/strict";
import { test } from "node:test";
import { PROMPT_FORMS, splitWikiPrompt, wikiPrompt } from "../../src/augmentation/prompt-form";

const article = {
  id: "simple_wiki/1",
  title: "Cow",
  text: "Cows eat grass.",
  wholeText: "Cows eat grass.\nThey give milk.",
};
const question = "What do cows eat?";

test("a prompt carries the whole article, not only the part that the teacher read", () => {
  assert.deepEqual(
    PROMPT_FORMS.map((form) => wikiPrompt(article, question, form)),
    ["Cows eat grass.\nThey give milk.\nWhat do cows eat?", "Cows eat grass.\nThey give milk.", "What do cows eat?"],
  );
  const { wholeText: _, ...short } = article;
  assert.equal(wikiPrompt(short, question, "article"), "Cows eat grass.");
});

test("the question of a prompt is its last line, or its last sentence where the article is on the same line", () => {
  const words = (n: number) => Array(n).fill("word").join(" ");
  const cases: [prompt: string, article: string, question: string][] = [
    ["Cows eat grass.\nWhat do cows eat?", "Cows eat grass.", "\nWhat do cows eat?"],
    ["What do cows eat?", "", "What do cows eat?"],
    ["Cows eat grass.\nThey give milk.", "Cows eat grass.\nThey give milk.", ""],
    ["Cows eat grass.\nWho? And why?", "Cows eat grass.", "\nWho? And why?"],
    [`Cows eat ${words(40)}. What do cows eat?`, `Cows eat ${words(40)}. `, "What do cows eat?"],
    [`Is it ${words(50)}?`, `Is it ${words(50)}?`, ""], // too long for a question
  ];
  for (const [prompt, expectedArticle, expectedQuestion] of cases) {
    const parts = splitWikiPrompt(prompt);
    assert.deepEqual(parts, { article: expectedArticle, question: expectedQuestion }, prompt);
    assert.equal(parts.article + parts.question, prompt);
  }
});
