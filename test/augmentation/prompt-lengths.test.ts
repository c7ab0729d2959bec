import assert from "node:assert/strict";
import { test } from "node:test";
import {
  comparePromptForms,
  logDistance,
  POSTER_WIKI_PROMPTS,
  totalVariation,
} from "../../src/augmentation/prompt-lengths";

const { counts } = POSTER_WIKI_PROMPTS;

test("the poster is at no distance from itself, at any size", () => {
  assert.equal(totalVariation(counts), 0);
  assert.equal(logDistance(counts), 0);
  assert.ok(logDistance(counts.map((n) => n * 7)) < 1e-12);
});

test("both distances by hand", () => {
  const poster = [9, 99, 0]; // 108 prompts
  const ours = [99, 9, 0];
  // log10 of counts + 1: 1, 2, 0 and 2, 1, 0; squares 1, 1, 0
  assert.ok(Math.abs(logDistance(ours, poster) - Math.sqrt(2 / 3)) < 1e-12);
  assert.ok(Math.abs(totalVariation(ours, poster) - 90 / 108) < 1e-12);
  assert.ok(Math.abs(totalVariation([1, 0, 0], poster) - 99 / 108) < 1e-12); // scaled to 108, 0, 0
});

test("articles as long as the poster's prompts: the form article fits best, a question alone worst; the same twice", () => {
  const text = (words: number) => Array(words).fill("word").join(" ");
  const articles = counts.flatMap((n, bin) =>
    Array.from({ length: Math.round(n / 20) }, (_, i) => ({
      article: { id: `${bin}/${i}`, title: "t", text: text(bin * 145 + 20) },
      questions: i % 2 === 0 ? ["What is the word?", "Where is it?"] : null,
    })),
  );
  const compared = comparePromptForms(articles, 1);
  assert.equal(compared.articles, articles.length);
  assert.deepEqual(compared.fits.map(({ form }) => form).at(-1), "question");
  const best = compared.fits[0];
  assert.ok(best.form !== "question" && best.logDistance < 0.2, `${best.form}: ${best.logDistance}`);
  const [low, high] = best.logDistanceInterval ?? [1, 0];
  assert.ok(low <= high);
  const question = compared.fartherThanBest.find(({ form }) => form === "question");
  assert.ok((question?.interval?.[0] ?? 0) > 1, "the interval tells the forms apart");
  assert.deepEqual(comparePromptForms(articles, 1), compared);
  assert.throws(
    () => comparePromptForms([{ ...articles[1], questions: null }], 1),
    /no question about any of 1 articles/,
  );
});
