import assert from "node:assert/strict";
import { test } from "node:test";
import { comparable, decide, decideAll } from "../../../src/eval/kinds/forced-choice";
import { scoringMode } from "../../../src/eval/scoring-mode";
import { Rng } from "../../../src/util/rng";

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

test("protocol 2026 draws among tied options: each about as often, no other, and the same at every call", () => {
  const scores = Array.from({ length: 3000 }, () => ({ logProbs: [-4, -9, -4, -4], tokens: [1, 1, 1, 1] }));
  const mode = scoringMode("official", "2026");
  const chosen = decideAll(scores, mode, "blimp").map((d) => d.chosen);
  const counts = [0, 1, 2, 3].map((option) => chosen.filter((c) => c === option).length);
  assert.equal(counts[1], 0);
  // binomial: 1000 +- 26; four standard deviations
  for (const option of [0, 2, 3]) assert.ok(Math.abs(counts[option] - 1000) < 104, `${counts}`);
  assert.deepEqual(
    decideAll(scores, mode, "blimp").map((d) => d.chosen),
    chosen,
  );
  assert.notDeepEqual(
    decideAll(scores, { ...mode, seed: 43 }, "blimp").map((d) => d.chosen),
    chosen,
  );
  assert.deepEqual(decide([-4, -5], "random", Rng.fromSeed(1)), { chosen: 0, credit: 1, tie: false });
  assert.throws(() => decide([-4, -4], "random"), /no rng is given/);
});

test("minus infinity is a score: all of them tie", () => {
  const never = Number.NEGATIVE_INFINITY;
  assert.deepEqual(decide([never, -1], "first"), { chosen: 1, credit: 0, tie: false });
  assert.deepEqual(decide([never, never], "half"), { chosen: 0, credit: 0.5, tie: true });
});
