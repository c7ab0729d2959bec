import assert from "node:assert/strict";
import { test } from "node:test";
import { ablationPoolingFigure, ablationReadingFigure } from "../../src/figures/ablation";
import { ablationResults, readingScore } from "../support/ablation-results";

const results = ablationResults(
  [
    readingScore("narrow-sentencepiece", "official", 7, [6, 9]),
    readingScore("narrow-sentencepiece", "reading-blank", 8, [6, 9]),
  ],
  [],
);

test("reading: a panel per task, a bar per model and scorer, whiskers from the intervals", () => {
  const { data, layout } = ablationReadingFigure(results);
  const bars = data.filter(({ type }) => type === "bar");
  assert.equal(bars.length, 2 * 4);
  const scored = bars.filter(({ y }) => (y as (number | null)[]).some((value) => value !== null));
  assert.deepEqual(
    scored.map(({ name, y }) => [name, y]),
    [["narrow, sentencepiece", [7, 8]]],
  );
  assert.match(layout.meta.alt, /narrow-sentencepiece, official, 7\.0; narrow-sentencepiece, reading-blank, 8\.0/);
});

test("pooling: the majority class is marked, and classifiers that give one class are counted", () => {
  const { data, layout } = ablationPoolingFigure(results);
  assert.equal(data.filter(({ type }) => type === "bar").length, 2 * 4);
  assert.match(layout.meta.alt, /Of 1 classifiers, 1 give one class/);
  const shapes = layout.shapes as { y0: number }[];
  assert.deepEqual(
    shapes.map(({ y0 }) => y0),
    [0.6, 0.6],
  );
});

test("before anything has run, the figures say how to make the numbers", () => {
  const empty = { ...results, scores: [], fineTuning: [] };
  assert.throws(() => ablationReadingFigure(empty), /class-it -- ablation/);
  assert.throws(() => ablationPoolingFigure(empty), /class-it -- ablation/);
});
