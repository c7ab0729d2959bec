import assert from "node:assert/strict";
import { test } from "node:test";
import { askTeacher } from "../../src/augmentation/ask-teacher";
import { articlesOf } from "../../src/augmentation/simple-wikipedia";
import type { Teacher } from "../../src/augmentation/teacher";

const articles = Array.from({ length: 20 }, (_, i) => ({
  id: `a${i}`,
  title: `Topic ${i}`,
  text: "The river owl lives in old willows. It eats fish and frogs at night. Farmers like its song.",
}));
const pair = (i: number) => ({
  question: `Where is owl ${i}?`,
  answer: `The river owl lives in old willows. It eats ${i} fish and frogs at night.`,
});

test("lessons are in the order of the articles, for any order of the answers", async () => {
  let running = 0;
  let most = 0;
  const teacher: Teacher = {
    name: "slow",
    ask: async ({ id }) => {
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, (Number(id.slice(1)) * 7) % 5));
      running--;
      return [pair(1), pair(2), pair(3)];
    },
  };
  const lessons = await askTeacher(teacher, articles, { concurrency: 4 });
  assert.deepEqual(
    lessons.map(({ article }) => article.id),
    articles.map(({ id }) => id),
  );
  assert.equal(most, 4);
  assert.ok(lessons.every(({ accepted }) => accepted.length === 3));
});

test("a teacher that fails on one article costs that article only", async () => {
  const teacher: Teacher = {
    name: "moody",
    ask: async ({ id }) => {
      if (id === "a3") throw new Error("out of chalk");
      return [pair(1), pair(2), pair(3)];
    },
  };
  const lessons = await askTeacher(teacher, articles);
  assert.deepEqual(lessons[3].rejected, [{ reason: "teacher-failed", detail: "out of chalk", pair: null }]);
  assert.equal(
    lessons.reduce((sum, { accepted }) => sum + accepted.length, 0),
    57,
  );
});

test("articles: untitled, short and later parts are counted; long ones are cut after a sentence", () => {
  const document = (group: string, title: string | null, text: string, id = group) =>
    ({ source: "simple_wiki", id, group, title, text, words: 0 }) as const;
  const long = Array.from({ length: 100 }, (_, i) => `Sentence ${i} has exactly seven short words.`).join(" ");
  const { articles: found, skipped } = articlesOf(
    [
      document("w/1", null, long),
      document("w/2", "Short", "Short\nOne sentence here. Two."),
      document("w/3", "Long", `Long\n${long}`, "w/3.1"),
      document("w/3", "Long", `Long\n${long}`, "w/3.2"),
      { ...document("c/1", "x", long), source: "childes" },
    ],
    { maxWords: 50 },
  );
  assert.deepEqual(skipped, { untitled: 1, tooShort: 1, laterParts: 1 });
  assert.equal(found.length, 1);
  assert.match(found[0].text, /^Sentence 0 .* words\. Sentence 7 has exactly seven short words\.$/);
});
