import assert from "node:assert/strict";
import { test } from "node:test";
import { levenbergMarquardt } from "../../src/stats/levenberg-marquardt";
import { meanOf } from "../../src/stats/mean";
import { trustRegionReflective } from "../../src/stats/trust-region-reflective";
import { assertAllClose } from "../support/close";
import { golden } from "../support/reference";

const sigmoid =
  (x: readonly number[], y: readonly number[]) =>
  ([a, b, c, d]: readonly number[]) =>
    x.map((v, i) => a / (1 + Math.exp(-b * (v - c))) + d - y[i]);

interface Fit {
  kind: "lm" | "trf";
  x: number[];
  y: number[];
  /** SciPy's parameters, null where curve_fit raised. */
  popt: number[] | null;
}

test("sigmoid fits agree with scipy.optimize.curve_fit, its failures included", () => {
  const { fits } = golden<{ fits: Fit[] }>("stats/sigmoid-fits.json");
  fits.forEach(({ kind, x, y, popt }, i) => {
    const [low, high] = [Math.min(...y), Math.max(...y)];
    const fit =
      kind === "lm"
        ? levenbergMarquardt(sigmoid(x, y), [high - low, 1, meanOf(x), low])
        : trustRegionReflective(
            sigmoid(x, y),
            [1, 0.1, meanOf(x), 0],
            [0, 0, x[0], -0.5],
            [2, 1, x[x.length - 1], 0.5],
          );
    assert.equal(fit.converged, popt !== null, `fit ${i} (${kind})`);
    // a step between two points leaves the slope almost free, hence 1e-4
    if (popt !== null) assertAllClose(fit.x, popt, { rtol: 1e-4, atol: 1e-6 }, `fit ${i} (${kind})`);
  });
});

test("both methods solve Rosenbrock's valley, whose minimum is at (1, 1)", () => {
  const residuals = ([x, y]: readonly number[]) => [10 * (y - x * x), 1 - x];
  assertAllClose(levenbergMarquardt(residuals, [-1.2, 1]).x, [1, 1], { rtol: 1e-6 });
  assertAllClose(trustRegionReflective(residuals, [-1.2, 1], [-2, -2], [2, 2]).x, [1, 1], { rtol: 1e-5 });
});

test("trustRegionReflective stops at a bound that keeps the minimum out", () => {
  // the minimum of (x - 3)² within [0, 2] is at 2
  const fit = trustRegionReflective(([x]) => [x - 3], [0.5], [0], [2]);
  assertAllClose(fit.x, [2], { atol: 1e-6 });
  assert.ok(fit.x[0] <= 2);
});

test("a start outside the bounds, and fewer residuals than parameters, are refused", () => {
  assert.throws(() => trustRegionReflective(([x]) => [x], [3], [0], [2]), /parameter 0 starts at 3/);
  assert.throws(() => levenbergMarquardt(() => [1], [1, 2]), /1 residuals for 2 parameters/);
});
