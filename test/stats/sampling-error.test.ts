/** @file Intervals from a score and a number of items, against SciPy, statsmodels and answers made up one by one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { normalQuantile } from "../../src/stats/normal-quantile";
import {
  effectiveItems,
  f1StandardError,
  pairedError,
  varianceExplainedInterval,
  wilsonInterval,
} from "../../src/stats/sampling-error";
import { assertAllClose } from "../support/close";
import { golden } from "../support/reference";

const g =
  golden<Record<"quantiles" | "wilson" | "variance" | "paired" | "f1", number[][]>>("stats/sampling-error.json");

test("normalQuantile agrees with SciPy to nine digits, and refuses 0 and 1", () => {
  for (const [p, z] of g.quantiles) assertAllClose([normalQuantile(p)], [z], { rtol: 2e-9, atol: 1e-12 });
  assert.throws(() => normalQuantile(1), /between 0 and 1/);
});

test("wilsonInterval agrees with statsmodels, and never leaves [0, 1]", () => {
  for (const [k, n, low, high] of g.wilson) assertAllClose(wilsonInterval(k / n, n), [low, high], { atol: 1e-9 });
  assert.throws(() => wilsonInterval(61.5, 52), /want a share in \[0, 1\]/);
});

test("varianceExplainedInterval agrees with SciPy's interval of a correlation and contains its estimate", () => {
  for (const [share, n, low, high] of g.variance) {
    const interval = varianceExplainedInterval(share, n);
    assertAllClose(interval, [low, high], { atol: 1e-9 });
    assert.ok(interval[0] <= share && share <= interval[1]);
  }
  assert.deepEqual(varianceExplainedInterval(0, 100)[0], 0);
});

test("pairedError bounds what answers made up one by one show: at full agreement and at full disagreement", () => {
  for (const [a, b, n, least, most] of g.paired) {
    const error = pairedError(a / n, b / n, n);
    assertAllClose([error.least, error.most], [least, most], { rtol: 1e-9 });
    assert.ok(error.least < error.independent && error.independent < error.most);
  }
});

test("f1StandardError is the spread of F1 when every item that counts is a true positive or missed", () => {
  for (const [f1, positives, spread] of g.f1) {
    assertAllClose([f1StandardError(f1, positives)], [spread], { rtol: 0.02 });
  }
});

test("effectiveItems: equal groups count in full, a small group decides", () => {
  assert.equal(effectiveItems([50, 50, 50]), 150);
  assertAllClose([effectiveItems([10, 1000])], [4 / (1 / 10 + 1 / 1000)]);
});
