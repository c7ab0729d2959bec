import assert from "node:assert/strict";
import { test } from "node:test";
import { againstControl } from "../../src/claims/against-control";
import type { ScoreRow } from "../../src/results/frame";

const row = (runId: string, task: string, value: number, half: number): ScoreRow => ({
  runId,
  model: "wide",
  variant: "merged",
  seed: 42,
  task,
  family: "fine-tuning",
  metric: "accuracy",
  value,
  low: value - half,
  high: value + half,
  n: 100,
  chance: 0.5,
  majority: 0.5,
  mode: "official",
});

test("differences have the error of two independent shares, their mean that of all of them, as by hand", () => {
  const rows = [
    row("tuned", "rte", 0.7, 0.03),
    row("control", "rte", 0.6, 0.04),
    row("tuned", "wsc", 0.5, 0.03),
    row("control", "wsc", 0.52, 0.04),
    row("tuned", "mnli", 0.4, 0.01), // the control has none
  ];
  const [rte, wsc, mean, ...rest] = againstControl(rows, "tuned", "control");
  assert.equal(rest.length, 0);
  const near = (got: number, want: number) => assert.ok(Math.abs(got - want) < 1e-9, `${got}, not ${want}`);
  // half-widths 3 and 4 points make one of 5: 3² + 4² = 5²
  [rte.difference, rte.low, rte.high].map((x, i) => near(x, [10, 5, 15][i]));
  [wsc.difference, wsc.low, wsc.high].map((x, i) => near(x, [-2, -7, 3][i]));
  // the mean of two differences with half-width 5 has 5 / √2
  const half = 5 / Math.SQRT2;
  [mean.difference, mean.low, mean.high].map((x, i) => near(x, [4, 4 - half, 4 + half][i]));
  assert.deepEqual([rte.verdict, wsc.verdict, mean.verdict], ["higher", "undecided", "higher"]);
  assert.equal(mean.task, "mean over 2 tasks");
});

test("a run without scores, two seeds at once and a score without an interval are refused", () => {
  const rows = [row("a", "rte", 0.7, 0.03), row("b", "rte", 0.6, 0.04)];
  assert.throws(() => againstControl(rows, "a", "c"), /no scores of "c"/);
  assert.throws(() => againstControl([...rows, row("a", "rte", 0.6, 0.03)], "a", "b"), /two scores of rte/);
  assert.throws(() => againstControl([row("a", "rte", 0.6, Number.NaN), rows[1]], "a", "b"), /rte has no interval/);
});
