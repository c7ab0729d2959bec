import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { type PredictedRow, readingDifferenceIntervals, readingGain } from "../../src/eval/reading-gain";
import { loadReading } from "../../src/tasks/reading";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";

const data = loadReading(path.join(projectRoot(), "data/sample/evaluation_data/full_eval/reading/reading_data.csv"));

/** Surprisals that follow the first fixation more or less closely. */
function predicted(closeness: number): PredictedRow[] {
  const rng = Rng.fromSeed(`reading-difference/${closeness}`);
  return data.map((row) => {
    const time = Number.isNaN(row.responses.RTfirstfix) ? 200 : row.responses.RTfirstfix;
    return { ...row, pred: closeness * (time / 100) + rng.normal(), prevPred: rng.normal() };
  });
}

test("the interval of a difference holds the difference of the two scores, and tells a better model from a worse one", () => {
  const [worse, better] = [predicted(0), predicted(2)];
  const { eyeTrackingPercent } = readingDifferenceIntervals(worse, better, Rng.fromSeed(1));
  const [low, high] = eyeTrackingPercent ?? [0, 0];
  const difference = readingGain(better).eyeTrackingPercent - readingGain(worse).eyeTrackingPercent;
  assert.ok(low < difference && difference < high, `${low} < ${difference} < ${high}`);
  assert.ok(low > 0, `${low}`);
  const [back] = readingDifferenceIntervals(better, worse, Rng.fromSeed(1)).eyeTrackingPercent ?? [0];
  assert.equal(back, -high); // the same resamples
});

test("a model does not differ from itself; other words are refused", () => {
  const rows = predicted(1);
  assert.deepEqual(readingDifferenceIntervals(rows, rows, Rng.fromSeed(1)), {
    eyeTrackingPercent: [0, 0],
    selfPacedPercent: [0, 0],
  });
  assert.throws(() => readingDifferenceIntervals(rows, rows.slice(1), Rng.fromSeed(1)), /the same words/);
});
