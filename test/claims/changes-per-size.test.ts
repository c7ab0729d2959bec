import assert from "node:assert/strict";
import { test } from "node:test";
import { changesPerSize } from "../../src/claims/changes-per-size";
import type { ScoreRow } from "../../src/results/frame";

const row = (runId: "wide-base" | "wide-merged" | "narrow-base", task: string, value: number): ScoreRow => ({
  runId,
  model: runId === "narrow-base" ? "narrow" : "wide",
  variant: runId === "wide-merged" ? "merged" : "base",
  seed: 42,
  task,
  family: "zero-shot",
  metric: "accuracy",
  value,
  low: value - 0.03,
  high: value + 0.03,
  n: 100,
  chance: 0.5,
  majority: null,
  mode: "official",
});

test("comparisons are made at each size that has both runs, on the wanted tasks only", () => {
  const large = [row("wide-base", "blimp", 0.7), row("wide-merged", "blimp", 0.6), row("wide-base", "ewok", 0.5)];
  const small = [...large, row("wide-merged", "ewok", 0.5), row("narrow-base", "blimp", 0.75)];
  const sizes = [
    { models: "large", rows: large },
    { models: "small", rows: small },
  ];
  const comparisons = [
    ["wide-merged", "wide-base"],
    ["narrow-base", "wide-base"],
  ] as const;
  const found = changesPerSize(sizes, comparisons, ["blimp"]);
  assert.deepEqual(
    found.map(({ models, compares, task, difference }) => [models, compares, task, Math.round(difference)]),
    [
      ["large", "wide merged − wide base", "BLiMP", -10],
      ["small", "wide merged − wide base", "BLiMP", -10],
      ["small", "narrow base − wide base", "BLiMP", 5],
    ],
  );
});
