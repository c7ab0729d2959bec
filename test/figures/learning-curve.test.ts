import assert from "node:assert/strict";
import { test } from "node:test";
import { learningCurveFigure } from "../../src/figures/learning-curve";
import type { CurveRow } from "../../src/results/learning-curve";

const row = (words: number, measure: string, metric: CurveRow["metric"], value: number): CurveRow => ({
  words,
  measure,
  metric,
  value,
  low: null,
  high: null,
  n: 30,
});
const rows = [1e6, 2e6].flatMap((words, i) => [
  row(words, "blimp", "accuracy", 0.5 + 0.1 * i),
  row(words, "childes", "loss_nats", 5 - i),
]);

test("scores are drawn in percent on the left, losses in nats per word on the right, the narrow model dashed", () => {
  const { data, layout } = learningCurveFigure(
    [
      { model: "wide", rows },
      { model: "narrow", rows: rows.slice(0, 2) },
    ],
    { source: "fixture", label: (measure) => measure.toUpperCase(), heldOutWords: new Map([["childes", 20]]) },
  );
  assert.deepEqual(
    data.map(({ name, showlegend, x, y, yaxis }) => [name, showlegend, x, y, yaxis]),
    [
      ["BLIMP", true, [1e6, 2e6], [50, 60], "y"],
      ["CHILDES", true, [1e6, 2e6], [7.5, 6], "y2"],
      ["BLIMP", false, [1e6], [50], "y"],
      ["CHILDES", false, [1e6], [7.5], "y2"],
    ],
  );
  assert.equal((data[2].line as { dash: string }).dash, "dash");
  const ticks = layout.xaxis as { tickvals: number[]; ticktext: string[] };
  assert.deepEqual(
    [ticks.tickvals, ticks.ticktext],
    [
      [1e6, 2e6],
      ["1M", "2M"],
    ],
  );
  assert.match(layout.meta.alt, /BLIMP, wide: 50\.00 to 60\.00 %; CHILDES, wide: 7\.50 to 6\.00 nats per word/);
});

test("a source without a number of words is refused", () => {
  assert.throws(
    () => learningCurveFigure([{ model: "wide", rows }], { source: "", label: String, heldOutWords: new Map() }),
    /no number of words for childes/,
  );
});

test("no rows are refused", () => {
  assert.throws(
    () => learningCurveFigure([{ model: "wide", rows: [] }], { source: "", label: String, heldOutWords: new Map() }),
    /no model has/,
  );
});
