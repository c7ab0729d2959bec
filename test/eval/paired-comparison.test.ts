import assert from "node:assert/strict";
import { test } from "node:test";
import { compareModels } from "../../src/eval/paired-comparison";
import { Rng } from "../../src/util/rng";

test("a model compared with itself differs by nothing, with p = 1", () => {
  const answers = [
    { task: "blimp", metric: "accuracy", credits: [1, 0, 1], weights: [1 / 3, 1 / 3, 1 / 3] },
    { task: "wug_adj", metric: "spearman_rho", shares: [0.1, 0.5, 0.9], human: [0.2, 0.3, 0.8] },
  ] as const;
  for (const c of compareModels(answers, answers, Rng.fromSeed(1), 200)) {
    assert.equal(c.difference, 0);
    assert.equal(c.pHolm, 1);
  }
});

test("a clear difference in one of two tasks survives Holm's correction, noise in the other does not", () => {
  const rng = Rng.fromSeed("two tasks");
  const n = 200;
  const weights = new Array<number>(n).fill(1 / n);
  const coin = (p: number) => Array.from({ length: n }, () => (rng.chance(p) ? 1 : 0));
  const a = [
    { task: "x", metric: "accuracy", credits: coin(0.9), weights } as const,
    { task: "y", metric: "accuracy", credits: coin(0.5), weights } as const,
  ];
  const b = [
    { task: "x", metric: "accuracy", credits: coin(0.6), weights } as const,
    { task: "y", metric: "accuracy", credits: coin(0.5), weights } as const,
  ];
  const [x, y] = compareModels(a, b, Rng.fromSeed(2), 2000);
  assert.ok(x.difference > 0.15 && x.pHolm < 0.01, JSON.stringify(x));
  assert.ok(y.pHolm > 0.05, JSON.stringify(y));
  assert.ok(x.pHolm >= x.p && y.pHolm >= y.p);
});

test("models that answered different items cannot be compared", () => {
  const one = { task: "x", metric: "accuracy", credits: [1], weights: [1] } as const;
  const two = { task: "x", metric: "accuracy", credits: [1, 0], weights: [0.5, 0.5] } as const;
  assert.throws(() => compareModels([one], [two], Rng.fromSeed(1)), /x has 1 items for one model and 2/);
  assert.throws(() => compareModels([one], [], Rng.fromSeed(1)), /no answers to x/);
});
