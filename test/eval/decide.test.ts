import assert from "node:assert/strict";
import { test } from "node:test";
import { comparable, decide } from "../../src/eval/decide";

test("decide: the largest score wins", () => {
  assert.deepEqual(decide([-3, -2, -9], "first"), { chosen: 1, credit: 0, tie: false });
  assert.deepEqual(decide([-1, -2, -9], "half"), { chosen: 0, credit: 1, tie: false });
});

test("[pipeline] decide: a tie goes to the first option and so counts as right; corrected, it counts as a share", () => {
  assert.deepEqual(decide([-4, -4], "first"), { chosen: 0, credit: 1, tie: true });
  assert.deepEqual(decide([-4, -4], "half"), { chosen: 0, credit: 0.5, tie: true });
  assert.deepEqual(decide([-4, -4, -4, -9], "half"), { chosen: 0, credit: 1 / 3, tie: true });
  // wrong options that tie with each other help nobody
  assert.deepEqual(decide([-5, -4, -4], "half"), { chosen: 1, credit: 0, tie: true });
});

test("decide: one option or a NaN is no decision", () => {
  assert.throws(() => decide([-1], "first"), /1 option/);
  assert.throws(() => decide([Number.NaN, -1], "first"), /NaN/);
  assert.throws(() => decide([-1, Number.NaN], "first"), /NaN/);
});

test("sum and mean can prefer different options", () => {
  const scores = { logProbs: [-6, -5], tokens: [6, 2] };
  assert.equal(decide(comparable(scores, "sum"), "first").chosen, 1);
  assert.equal(decide(comparable(scores, "mean"), "first").chosen, 0);
});
