import assert from "node:assert/strict";
import { test } from "node:test";
import { chiSquaredQuantile } from "../../src/stats/chi-squared";
import { runsNeeded, tTestPower } from "../../src/stats/t-test-power";
import { golden } from "../support/reference";

interface Golden {
  power: { effect: number; n: number; alpha: number; power: number }[];
  runs: { effect: number; runs: number }[];
  chi_squared: { p: number; df: number; value: number }[];
}

const { power, runs, chi_squared } = golden<Golden>("stats/power.json");

test("the power of a t-test is statsmodels' to 1e-6", () => {
  for (const { effect, n, alpha, power: wanted } of power) {
    const got = tTestPower(effect, n, alpha);
    assert.ok(Math.abs(got - wanted) < 1e-6, `effect ${effect}, n ${n}, alpha ${alpha}: ${got}, want ${wanted}`);
  }
});

test("the number of runs is the one that statsmodels solves for, rounded up", () => {
  for (const { effect, runs: wanted } of runs) assert.equal(runsNeeded(effect), wanted, `effect ${effect}`);
});

test("no effect needs infinitely many, a tiny one more than the limit, a huge one two", () => {
  assert.equal(runsNeeded(0), Number.POSITIVE_INFINITY);
  assert.equal(runsNeeded(1e-4, undefined, 1000), 1001);
  assert.equal(runsNeeded(100), 2);
});

test("fewer than two runs have no spread", () => {
  assert.throws(() => tTestPower(1, 1), /want n of 2 or more, got 1/);
});

test("chi-squared quantiles are SciPy's to ten digits", () => {
  for (const { p, df, value } of chi_squared)
    assert.ok(Math.abs(chiSquaredQuantile(p, df) / value - 1) < 1e-10, `p ${p}, df ${df}`);
});
