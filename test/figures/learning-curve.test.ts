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
  n: 10,
});
const rows = [1e6, 2e6].flatMap((words, i) => [
  row(words, "blimp", "accuracy", 0.5 + 0.1 * i),
  row(words, "childes", "loss_nats", 5 - i),
]);

test("scores are drawn in percent on the left, losses in nats on the right, the narrow model dashed", () => {
  const { data, layout } = learningCurveFigure(
    [
      { model: "wide", rows },
      { model: "narrow", rows: rows.slice(0, 2) },
    ],
    { source: "fixture", label: (measure) => measure.toUpperCase() },
  );
  assert.deepEqual(
    data.map(({ name, x, y, yaxis }) => [name, x, y, yaxis]),
    [
      ["BLIMP, wide", [1e6, 2e6], [50, 60], "y"],
      ["CHILDES, wide", [1e6, 2e6], [5, 4], "y2"],
      ["BLIMP, narrow", [1e6], [50], "y"],
      ["CHILDES, narrow", [1e6], [5], "y2"],
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
  assert.match(layout.meta.alt, /BLIMP, wide: 50\.00 to 60\.00 %; CHILDES, wide: 5\.00 to 4\.00 nats/);
});

test("no rows are refused", () => {
  assert.throws(
    () => learningCurveFigure([{ model: "wide", rows: [] }], { source: "", label: String }),
    /no model has/,
  );
});
