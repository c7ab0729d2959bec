import assert from "node:assert/strict";
import { test } from "node:test";
import { suspectPoolingFigure, suspectReadingFigure } from "../../src/figures/suspects";
import type { SuspectResults } from "../../src/results/suspects";

const results: SuspectResults = {
  scale: "small",
  seed: 42,
  open: [],
  training: [],
  scores: (["official", "reading-blank"] as const).map((mode, i) => ({
    model: "narrow-sentencepiece",
    task: "reading_eye_tracking",
    family: "zero-shot",
    metric: "variance_explained_percent",
    value: 7 + i,
    n: 100,
    interval: [6, 9],
    chance: 0,
    majority: null,
    mode,
    ties: 0,
  })),
  readingEffects: [],
  fineTuning: [
    {
      model: "wide-byte-level",
      task: "rte",
      pooling: "first",
      trainRows: 10,
      validRows: 10,
      accuracy: 0.6,
      interval: [0.4, 0.8],
      labelShares: [0.6, 0.4],
      predictedShares: [1, 0],
      firstTokens: 3,
    },
  ],
};

test("reading: a panel per task, a bar per model and scorer, whiskers from the intervals", () => {
  const { data, layout } = suspectReadingFigure(results);
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
  const { data, layout } = suspectPoolingFigure(results);
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
  assert.throws(() => suspectReadingFigure(empty), /class-it -- suspects/);
  assert.throws(() => suspectPoolingFigure(empty), /class-it -- suspects/);
});
