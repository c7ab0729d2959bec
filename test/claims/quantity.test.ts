/** @file "All", "some" and "the k-th largest" of bounded numbers keep the error they promise. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, below, kth, negate, type Quantity, some, UNKNOWN, within } from "../../src/claims/quantity";
import { normalQuantile } from "../../src/stats/normal-quantile";
import { Rng } from "../../src/util/rng";
import { assertAllClose } from "../support/close";

const normal = (value: number, error = 1): Quantity => ({
  value,
  low: (tail) => value + error * normalQuantile(tail),
  high: (tail) => value - error * normalQuantile(tail),
});

test("all is the smallest: its lower bound keeps the tail, its upper bound shares it", () => {
  const q = all([normal(1), normal(3)]);
  assert.equal(q.value, 1);
  assertAllClose([q.low(0.025), q.high(0.025)], [1 - 1.959964, 1 - normalQuantile(0.0125)], { atol: 1e-6 });
});

test("some is the largest, the mirror image of all", () => {
  const [a, b] = [normal(1), normal(3)];
  const [q, mirrored] = [some([a, b]), negate(all([negate(a), negate(b)]))];
  for (const tail of [0.025, 0.1]) {
    assertAllClose([q.value, q.low(tail), q.high(tail)], [mirrored.value, mirrored.low(tail), mirrored.high(tail)]);
  }
});

test("of nothing, or of something unknown, nothing is known; kth refuses a rank that does not exist", () => {
  for (const q of [all([]), some([normal(1), UNKNOWN]), kth([UNKNOWN, normal(0)], 2)]) {
    assert.ok(Number.isNaN(q.value) && Number.isNaN(q.low(0.025)));
  }
  assert.throws(() => kth([normal(0)], 2), /want k from 1 to 1/);
});

test("within: 0.2 of a limit of 0.25 leaves 0.05, on either side of zero", () => {
  for (const value of [0.2, -0.2]) assertAllClose([within(0.25, normal(value)).value], [0.05], { atol: 1e-12 });
  assertAllClose([below(0.5, normal(0.3)).low(0.025)], [0.2 - 1.959964], { atol: 1e-6 });
});

test("bounds of the k-th largest of five equal numbers fail in at most 2.5 of a hundred worlds each", () => {
  const rng = Rng.fromSeed("coverage");
  const worlds = 4000;
  for (const k of [1, 3, 5]) {
    let [above, under] = [0, 0];
    for (let w = 0; w < worlds; w++) {
      const q = kth(
        Array.from({ length: 5 }, () => normal(rng.normal())), // every true value is 0
        k,
      );
      if (q.low(0.025) > 0) above++;
      if (q.high(0.025) < 0) under++;
    }
    assert.ok(above / worlds < 0.032 && under / worlds < 0.032, `k = ${k}: ${above} and ${under} of ${worlds}`);
  }
});
