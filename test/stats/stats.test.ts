import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapInterval, groupedBootstrapInterval } from "../../src/stats/bootstrap";
import { boxStats } from "../../src/stats/box-stats";
import { pearson, spearman } from "../../src/stats/correlation";
import { linearRegression } from "../../src/stats/linear-regression";
import { holm, pairedPermutationTest } from "../../src/stats/permutation-test";
import { median, quantile } from "../../src/stats/quantile";
import { criticalT, incompleteBeta, logGamma, twoSidedP } from "../../src/stats/student-t";
import { zScores } from "../../src/stats/z-score";
import { Rng } from "../../src/util/rng";
import { assertAllClose, isClose } from "../support/close";
import { golden } from "../support/reference";

const closeTo = (actual: number, expected: number, rtol = 1e-12) =>
  assert.ok(isClose(actual, expected, { rtol, atol: 1e-14 }), `${actual} is not ${expected}`);

test("quantile interpolates between neighbours: the quartiles of 1 2 3 4 are 1.75, 2.5 and 3.25", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.25), 1.75);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(quantile([4, 1, 3, 2], 0.75), 3.25);
  assert.equal(quantile([7], 0.3), 7);
});

test("quantile refuses nothing, NaN, and a share outside [0, 1]", () => {
  assert.throws(() => quantile([], 0.5), /no values/);
  assert.throws(() => quantile([1, Number.NaN], 0.5), /value 1 of 2 is NaN/);
  assert.throws(() => quantile([1], 1.5), /want p in \[0, 1\]/);
});

test("boxStats: whiskers end at the outermost values within 1.5 box lengths, the rest are outliers", () => {
  // quartiles 2 and 4, so the reach is 3: from -1 to 7
  const box = boxStats([100, 1, 2, 3, 4]);
  assert.deepEqual([box.q1, box.median, box.q3], [2, 3, 4]);
  assert.deepEqual([box.lowerFence, box.upperFence, box.outliers], [1, 4, [100]]);
  const extremes = boxStats([100, 1, 2, 3, 4], "extremes");
  assert.deepEqual([extremes.lowerFence, extremes.upperFence, extremes.outliers], [1, 100, []]);
});

test("boxStats of one value is that value everywhere", () => {
  const box = boxStats([5]);
  assert.deepEqual([box.q1, box.median, box.q3, box.lowerFence, box.upperFence], [5, 5, 5, 5, 5]);
});

test("zScores: 1 and 3 are one population deviation from their mean, 0.707 sample deviations", () => {
  assert.deepEqual(zScores([1, 3], "population"), [-1, 1]);
  assertAllClose(zScores([1, 3], "sample"), [-Math.SQRT1_2, Math.SQRT1_2]);
  assert.deepEqual(zScores([2, 2, 2], "sample"), [0, 0, 0]);
  assert.deepEqual(zScores([0.1, 0.1, 0.1], "sample"), [0, 0, 0]); // their mean is not 0.1 in the last bit
  assert.throws(() => zScores([2], "sample"), /too few/);
});

test("pearson and spearman agree with SciPy, ties included", () => {
  const g = golden<{ x: number[]; y: number[]; pearson: number; spearman: number }[]>("stats/correlation.json");
  for (const { x, y, pearson: r, spearman: rho } of g) {
    closeTo(pearson(x, y), r);
    closeTo(spearman(x, y), rho);
  }
});

test("a correlation with a constant is NaN, not 0 and not 1", () => {
  assert.ok(Number.isNaN(pearson([1, 1, 1], [1, 2, 3])));
  assert.ok(Number.isNaN(spearman([1, 2, 3], [4, 4, 4])));
  assert.throws(() => spearman([1, 2], [1, 2, 3]), /one length/);
});

test("student t: 12.706 is the 5 % point with one degree of freedom, 1.96 with a million", () => {
  closeTo(twoSidedP(12.706204736174698, 1), 0.05);
  assert.ok(Math.abs(twoSidedP(1.959963984540054, 1e6) - 0.05) < 1e-6);
  assert.equal(twoSidedP(0, 7), 1);
  closeTo(criticalT(0.05, 2), 4.302652729749462); // SciPy's t.ppf(0.975, 2)
  closeTo(criticalT(0.01, 9), 3.249835541592126);
});

test("logGamma and incompleteBeta: factorials and a polynomial", () => {
  closeTo(logGamma(11), Math.log(3628800), 1e-14);
  closeTo(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-13);
  closeTo(incompleteBeta(0.3, 2, 1), 0.09, 1e-13); // I_x(2, 1) = x²
});

test("linearRegression finds an exact line, with R² of 1", () => {
  const fit = linearRegression([[0, 1, 2, 4]], [1, 3, 5, 9]);
  assertAllClose(fit.coefficients, [1, 2], { atol: 1e-12 });
  closeTo(fit.r2, 1);
});

test("linearRegression agrees with statsmodels on t, p, R² and AIC", () => {
  const g = golden<{
    x: number[][];
    y: number[];
    params: number[];
    t: number[];
    p: number[];
    r2: number;
    aic: number;
  }>("stats/ols.json");
  const fit = linearRegression(g.x, g.y);
  assertAllClose(fit.coefficients, g.params, { rtol: 1e-10 });
  assertAllClose(fit.tValues, g.t, { rtol: 1e-10 });
  assertAllClose(fit.pValues, g.p, { rtol: 1e-9, atol: 0 });
  closeTo(fit.r2, g.r2);
  closeTo(fit.aic, g.aic);
});

test("linearRegression leaves out a column that repeats another, and explains no more by it", () => {
  const x = [1, 2, 3, 5, 8, 13];
  const y = [1, 3, 2, 5, 9, 12];
  const plain = linearRegression([x], y);
  const doubled = linearRegression([x, x.map((v) => 2 * v)], y);
  closeTo(doubled.r2, plain.r2);
  assert.equal(doubled.k, 2);
  assert.ok(Number.isNaN(doubled.coefficients[2]));
});

test("linearRegression refuses columns of another length, NaN, and too few rows", () => {
  assert.throws(() => linearRegression([[1, 2, 3, 4]], [1, 2, 3]), /predictor 0 has 4 rows, y has 3/);
  assert.throws(() => linearRegression([[1, Number.NaN, 3, 4]], [1, 2, 3, 4]), /predictor 0\[1\] is NaN/);
  assert.throws(() => linearRegression([[1, 2]], [1, 2]), /2 rows cannot fit 2/);
});

test("bootstrapInterval of a mean is about ± 1.96 standard errors", () => {
  const rng = Rng.fromSeed("bootstrap test");
  const values = Float64Array.from({ length: 400 }, () => rng.normal());
  const mean = values.reduce((s, v) => s + v, 0) / 400;
  const sd = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 400);
  const interval = bootstrapInterval(400, (indices) => indices.reduce((s, i) => s + values[i], 0) / 400, rng, {
    resamples: 4000,
    level: 0.95,
  });
  assert.ok(interval !== null);
  const half = (1.96 * sd) / 20;
  assertAllClose(interval, [mean - half, mean + half], { rtol: 0, atol: 0.1 * half });
});

test("groupedBootstrapInterval keeps the groups: a group without variance adds none", () => {
  const always = new Array<number>(50).fill(1);
  const half = Array.from({ length: 50 }, (_, i) => i % 2);
  const settings = { resamples: 4000, level: 0.95 };
  const interval = groupedBootstrapInterval([always, half], Rng.fromSeed(1), undefined, settings);
  assert.ok(interval !== null);
  const width = (2 * 1.96 * 0.5) / Math.sqrt(50) / 2; // the mean of two groups, one of them constant
  assert.ok(Math.abs(interval[1] - interval[0] - width) < 0.1 * width, `${interval}`);
  assert.deepEqual(groupedBootstrapInterval([always], Rng.fromSeed(1)), [1, 1]);
  assert.equal(groupedBootstrapInterval([[1]], Rng.fromSeed(1)), null);
});

test("pairedPermutationTest: five wins and no loss have p = 2 / 2^5 exactly", () => {
  assert.equal(pairedPermutationTest([1, 1, 1, 1, 1, 0, 0], Rng.fromSeed(1)), 2 / 32);
  assert.equal(pairedPermutationTest([0, 0, 0], Rng.fromSeed(1)), 1);
});

test("pairedPermutationTest: with many items it agrees with the binomial sign test", () => {
  const differences = Array.from({ length: 100 }, (_, i) => (i < 60 ? 1 : -1));
  const p = pairedPermutationTest(differences, Rng.fromSeed(3), 20_000);
  assert.ok(Math.abs(p - 0.0569) < 0.006, `${p}`); // P(|X - 50| >= 10), X ~ Bin(100, 1/2)
});

test("pairedPermutationTest rejects about 5 % of null differences at the 5 % level", () => {
  const rng = Rng.fromSeed("null");
  let rejected = 0;
  for (let trial = 0; trial < 300; trial++) {
    const differences = Array.from({ length: 40 }, () => rng.normal());
    if (pairedPermutationTest(differences, rng.fork(trial), 400) < 0.05) rejected++;
  }
  assert.ok(rejected >= 5 && rejected <= 27, `${rejected} of 300`);
});

test("holm: 0.01, 0.04, 0.03 become 0.03, 0.06, 0.06", () => {
  assertAllClose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
  assert.deepEqual(holm([]), []);
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
});

test("the binomial short cut of the grouped bootstrap has the spread of resampled items", () => {
  // 30 % of 80 items: the standard deviation of a resampled mean is sqrt(0.3 · 0.7 / 80)
  const group = Array.from({ length: 80 }, (_, i) => (i % 10 < 3 ? 1 : 0));
  const settings = { resamples: 8000, level: 0.6826894921370859 }; // one standard deviation either side
  const interval = groupedBootstrapInterval([group], Rng.fromSeed(5), undefined, settings);
  const threeValued = groupedBootstrapInterval([[...group, 0.5]], Rng.fromSeed(5), undefined, settings); // item by item
  assert.ok(interval !== null && threeValued !== null);
  const sd = Math.sqrt((0.3 * 0.7) / 80);
  assertAllClose(interval, [0.3 - sd, 0.3 + sd], { rtol: 0, atol: 1 / 80 });
  assertAllClose(threeValued, interval, { rtol: 0, atol: 1.5 / 80 });
});
