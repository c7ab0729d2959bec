/**
 * @file Least squares between bounds: the trust-region reflective method (Branch, Coleman & Li 1999) with the choices of
 * SciPy's `least_squares(method="trf")`, which `curve_fit` uses when it is given bounds.
 */

import { Matrix, SingularValueDecomposition } from "ml-matrix";
import type { LeastSquaresFit } from "./levenberg-marquardt";

export interface TrustRegionSettings {
  ftol: number;
  xtol: number;
  gtol: number;
  /** Evaluations of the residuals, without those for the numeric Jacobian. */
  maxEvaluations: number;
}

/** SciPy's defaults, and the evaluation limit that the pipeline passes. */
export const TRF_DEFAULTS: TrustRegionSettings = { ftol: 1e-8, xtol: 1e-8, gtol: 1e-8, maxEvaluations: 1000 };

type Vector = number[];

/**
 * Minimise `Σ residuals(x)²` with `lower <= x <= upper` (finite bounds).
 *
 * @throws RangeError if a lower bound is above its upper bound or the start is out of bounds
 */
export function trustRegionReflective(
  residuals: (x: readonly number[]) => ArrayLike<number>,
  start: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
  { ftol, xtol, gtol, maxEvaluations }: TrustRegionSettings = TRF_DEFAULTS,
): LeastSquaresFit {
  start.forEach((v, j) => {
    if (!(lower[j] < upper[j] && lower[j] <= v && v <= upper[j])) {
      throw new RangeError(`trustRegionReflective: parameter ${j} starts at ${v}, bounds [${lower[j]}, ${upper[j]}]`);
    }
  });
  const bounds: Bounds = { lower, upper };
  let x = strictlyInside([...start], bounds, 1e-10);
  let f = Array.from(residuals(x));
  let evaluations = 1;
  let cost = 0.5 * dot(f, f);
  let jacobian = forwardJacobian(residuals, x, f, bounds); // [m][n]
  let gradient = transposedTimes(jacobian, f);
  let { v } = scaling(x, gradient, bounds);
  let delta = norm(x.map((value, j) => value / Math.sqrt(v[j]))) || 1;
  let alpha = 0;
  let converged = false;
  for (;;) {
    const scale = scaling(x, gradient, bounds);
    v = scale.v;
    const gNorm = Math.max(...gradient.map((g, j) => Math.abs(g * v[j])));
    if (gNorm < gtol) converged = true;
    if (converged || evaluations >= maxEvaluations) break;
    const d = v.map(Math.sqrt);
    const model: Model = {
      jacobian: jacobian.map((row) => row.map((value, j) => value * d[j])),
      diagonal: gradient.map((g, j) => g * scale.dv[j]),
      gradient: gradient.map((g, j) => g * d[j]),
    };
    const decomposition = decompose(model, f);
    const theta = Math.max(0.995, 1 - gNorm);
    let reduction = -1;
    while (reduction <= 0 && evaluations < maxEvaluations) {
      const solved = trustRegionStep(decomposition, f.length, delta, alpha);
      alpha = solved.alpha;
      const chosen = selectStep(x, model, solved.step, d, delta, bounds, theta);
      const candidate = strictlyInside(add(x, chosen.step), bounds, 0);
      const fNew = Array.from(residuals(candidate));
      evaluations++;
      const scaledLength = norm(chosen.scaled);
      if (!fNew.every(Number.isFinite)) {
        delta = 0.25 * scaledLength;
        continue;
      }
      const costNew = 0.5 * dot(fNew, fNew);
      reduction = cost - costNew;
      const ratio =
        chosen.predicted > 0 ? reduction / chosen.predicted : chosen.predicted === 0 && reduction === 0 ? 1 : 0;
      const radius =
        ratio < 0.25 ? 0.25 * scaledLength : ratio > 0.75 && scaledLength > 0.95 * delta ? 2 * delta : delta;
      const flat = reduction < ftol * cost && ratio > 0.25;
      const still = norm(chosen.step) < xtol * (xtol + norm(x));
      if (reduction > 0) {
        x = candidate;
        f = fNew;
        cost = costNew;
      }
      if (flat || still) {
        converged = true;
        break;
      }
      alpha *= delta / radius;
      delta = radius;
    }
    if (converged) break;
    if (reduction > 0) {
      jacobian = forwardJacobian(residuals, x, f, bounds);
      gradient = transposedTimes(jacobian, f);
    }
  }
  return { x, cost, converged, evaluations };
}

interface Bounds {
  lower: readonly number[];
  upper: readonly number[];
}

/** The quadratic model in scaled variables: `½ |J s|² + ½ sᵀ diag s + g s`. */
interface Model {
  jacobian: number[][];
  diagonal: Vector;
  gradient: Vector;
}

/** Coleman and Li's scaling: the distance to the bound that the descent direction approaches, and its derivative. */
function scaling(x: Vector, g: Vector, { lower, upper }: Bounds): { v: Vector; dv: Vector } {
  const v = x.map((value, j) => (g[j] < 0 ? upper[j] - value : g[j] > 0 ? value - lower[j] : 1));
  return { v, dv: g.map((value) => (value < 0 ? -1 : value > 0 ? 1 : 0)) };
}

interface Decomposition {
  singular: Vector;
  right: Matrix;
  uf: Vector;
}

/** Singular values of the Jacobian with `√diagonal` below it, and `Uᵀ (f, 0)`. */
function decompose(model: Model, f: Vector): Decomposition {
  const n = model.diagonal.length;
  const m = f.length;
  const augmented = Matrix.zeros(m + n, n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) augmented.set(i, j, model.jacobian[i][j]);
  for (let j = 0; j < n; j++) augmented.set(m + j, j, Math.sqrt(model.diagonal[j]));
  const svd = new SingularValueDecomposition(augmented);
  const u = svd.leftSingularVectors;
  const uf = svd.diagonal.map((_, j) => f.reduce((sum, value, i) => sum + u.get(i, j) * value, 0));
  return { singular: svd.diagonal, right: svd.rightSingularVectors, uf };
}

/** Minimiser of the linear model within radius `delta` (Moré 1978; SciPy `solve_lsq_trust_region`). */
function trustRegionStep(
  { singular: s, right, uf }: Decomposition,
  m: number,
  delta: number,
  from: number,
): { step: Vector; alpha: number } {
  const n = s.length;
  const suf = s.map((value, j) => value * uf[j]);
  const inV = (w: Vector) =>
    Array.from({ length: n }, (_, i) => -w.reduce((sum, v, j) => sum + right.get(i, j) * v, 0));
  const fullRank = m >= n && s[n - 1] > 2 ** -52 * m * s[0];
  if (fullRank) {
    const step = inV(uf.map((value, j) => value / s[j]));
    if (norm(step) <= delta) return { step, alpha: 0 };
  }
  const phi = (alpha: number) => {
    const denominators = s.map((value) => value * value + alpha);
    const length = norm(suf.map((value, j) => value / denominators[j]));
    const slope = -suf.reduce((sum, value, j) => sum + value ** 2 / denominators[j] ** 3, 0) / length;
    return { value: length - delta, slope };
  };
  let high = norm(suf) / delta;
  let low = 0;
  if (fullRank) {
    const at = phi(0);
    low = -at.value / at.slope;
  }
  const restart = () => Math.max(0.001 * high, Math.sqrt(low * high));
  let alpha = !fullRank && from === 0 ? restart() : from;
  for (let i = 0; i < 10; i++) {
    if (alpha < low || alpha > high) alpha = restart();
    const at = phi(alpha);
    if (at.value < 0) high = alpha;
    const ratio = at.value / at.slope;
    low = Math.max(low, alpha - ratio);
    alpha -= ((at.value + delta) * ratio) / delta;
    if (Math.abs(at.value) < 0.01 * delta) break;
  }
  const step = inV(suf.map((value, j) => value / (s[j] * s[j] + alpha)));
  const length = norm(step); // scale the step onto the boundary
  return { step: step.map((value) => (value * delta) / length), alpha };
}

/** The best of the trust-region step, its reflection at the first bound, and the steepest descent. */
function selectStep(
  x: Vector,
  model: Model,
  scaledStep: Vector,
  d: Vector,
  delta: number,
  bounds: Bounds,
  theta: number,
): { step: Vector; scaled: Vector; predicted: number } {
  const unscale = (s: Vector) => s.map((value, j) => value * d[j]);
  const p = unscale(scaledStep);
  if (x.every((value, j) => value + p[j] >= bounds.lower[j] && value + p[j] <= bounds.upper[j])) {
    return { step: p, scaled: scaledStep, predicted: -quadratic(model, scaledStep) };
  }
  const toFirst = stepToBound(x, p, bounds);
  let reflected = scaledStep.map((value, j) => (toFirst.hits[j] ? -value : value));
  const onBoundScaled = scaledStep.map((value) => value * toFirst.size);
  const onBound = add(x, unscale(onBoundScaled));
  const toRegion = regionCrossing(onBoundScaled, reflected, delta);
  const toSecond = stepToBound(onBound, unscale(reflected), bounds).size;
  const stride = Math.min(toSecond, toRegion);
  let reflectedValue = Number.POSITIVE_INFINITY;
  const low = stride > 0 ? ((1 - theta) * toFirst.size) / stride : 0;
  const high = stride > 0 ? (stride === toSecond ? theta * toSecond : toRegion) : -1;
  if (low <= high) {
    const line = alongLine(model, reflected, onBoundScaled);
    const best = minimiseParabola(line, low, high);
    reflectedValue = best.value;
    reflected = reflected.map((value, j) => value * best.at + onBoundScaled[j]);
  }
  const shortened = onBoundScaled.map((value) => value * theta);
  const shortenedValue = quadratic(model, shortened);
  const descent = model.gradient.map((g) => -g);
  const toTrust = delta / norm(descent);
  const toWall = stepToBound(x, unscale(descent), bounds).size;
  const best = minimiseParabola(alongLine(model, descent), 0, toWall < toTrust ? theta * toWall : toTrust);
  const descentStep = descent.map((value) => value * best.at);
  const pick = (scaled: Vector, value: number) => ({ step: unscale(scaled), scaled, predicted: -value });
  if (shortenedValue < reflectedValue && shortenedValue < best.value) return pick(shortened, shortenedValue);
  if (reflectedValue < shortenedValue && reflectedValue < best.value) return pick(reflected, reflectedValue);
  return pick(descentStep, best.value);
}

/** The step size along `s` to the first bound, and the bounds reached there. */
function stepToBound(x: Vector, s: Vector, { lower, upper }: Bounds): { size: number; hits: boolean[] } {
  const sizes = s.map((value, j) =>
    value === 0 ? Number.POSITIVE_INFINITY : Math.max((lower[j] - x[j]) / value, (upper[j] - x[j]) / value),
  );
  const size = Math.min(...sizes);
  return { size, hits: sizes.map((value, j) => value === size && s[j] !== 0) };
}

/** The positive `t` with `|x + t s| = delta`. */
function regionCrossing(x: Vector, s: Vector, delta: number): number {
  const a = dot(s, s);
  const b = dot(x, s);
  const c = dot(x, x) - delta * delta;
  const root = Math.sqrt(b * b - a * c);
  const q = -(b + (b < 0 ? -root : root));
  return Math.max(q / a, c / q);
}

interface Parabola {
  a: number;
  b: number;
  c: number;
}

/** The quadratic model along `from + t s`. */
function alongLine(model: Model, s: Vector, from?: Vector): Parabola {
  const js = times(model.jacobian, s);
  const a = 0.5 * (dot(js, js) + weighted(s, model.diagonal, s));
  let b = dot(model.gradient, s);
  let c = 0;
  if (from !== undefined) {
    const jf = times(model.jacobian, from);
    b += dot(jf, js) + weighted(from, model.diagonal, s);
    c = 0.5 * dot(jf, jf) + dot(model.gradient, from) + 0.5 * weighted(from, model.diagonal, from);
  }
  return { a, b, c };
}

function minimiseParabola({ a, b, c }: Parabola, low: number, high: number): { at: number; value: number } {
  const candidates = [low, high];
  const turn = (-0.5 * b) / a;
  if (a !== 0 && low < turn && turn < high) candidates.push(turn);
  return candidates
    .map((at) => ({ at, value: at * (a * at + b) + c }))
    .reduce((best, next) => (next.value < best.value ? next : best));
}

function quadratic(model: Model, s: Vector): number {
  const js = times(model.jacobian, s);
  return 0.5 * (dot(js, js) + weighted(s, model.diagonal, s)) + dot(s, model.gradient);
}

/** Columns by forward differences; the step is reversed if it would leave the bounds; `[m][n]`. */
function forwardJacobian(
  residuals: (x: readonly number[]) => ArrayLike<number>,
  x: Vector,
  f: Vector,
  { lower, upper }: Bounds,
): number[][] {
  const rows = f.map(() => new Array<number>(x.length).fill(0));
  x.forEach((value, j) => {
    let h = 2 ** -26 * (value >= 0 ? 1 : -1) * Math.max(1, Math.abs(value));
    const outside = value + h < lower[j] || value + h > upper[j];
    const room = Math.max(value - lower[j], upper[j] - value);
    if (outside && Math.abs(h) <= room) h = -h;
    else if (Math.abs(h) > room) h = upper[j] - value >= value - lower[j] ? upper[j] - value : lower[j] - value;
    const moved = residuals(x.map((w, i) => (i === j ? w + h : w)));
    const exact = value + h - value;
    for (let i = 0; i < f.length; i++) rows[i][j] = (moved[i] - f[i]) / exact;
  });
  return rows;
}

/** Move off the bounds, by `share` of their size or, for 0, by one unit in the last place. */
function strictlyInside(x: Vector, { lower, upper }: Bounds, share: number): Vector {
  return x.map((value, j) => {
    const [low, high] = [lower[j], upper[j]];
    const nudgeLow = share === 0 ? nextUp(low) : low + share * Math.max(1, Math.abs(low));
    const nudgeHigh = share === 0 ? -nextUp(-high) : high - share * Math.max(1, Math.abs(high));
    let inside = value;
    if (value - low <= share * Math.max(1, Math.abs(low)) && value - low <= high - value) inside = nudgeLow;
    else if (high - value <= share * Math.max(1, Math.abs(high))) inside = nudgeHigh;
    return inside < low || inside > high ? 0.5 * (low + high) : inside;
  });
}

/** The next larger double. */
function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] += value > 0 ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}

function transposedTimes(rows: number[][], f: Vector): Vector {
  return rows[0].map((_, j) => rows.reduce((sum, row, i) => sum + row[j] * f[i], 0));
}

function times(rows: number[][], s: Vector): Vector {
  return rows.map((row) => dot(row, s));
}

function weighted(a: Vector, weights: Vector, b: Vector): number {
  return a.reduce((sum, value, j) => sum + value * weights[j] * b[j], 0);
}

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function norm(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

function add(a: Vector, b: Vector): Vector {
  return a.map((value, j) => value + b[j]);
}
