/**
 * @file Unbounded nonlinear least squares: MINPACK's `lmdif` (Moré, Garbow, Hillstrom 1980, ANL-80-74; Moré 1978),
 * which is what SciPy's `curve_fit` calls. Steps, tolerances and convergence tests are the same, so that a fit that
 * fails there fails here.
 */

export interface LevenbergMarquardtSettings {
  ftol: number;
  xtol: number;
  gtol: number;
  /** Evaluations of the residuals, those for the numeric Jacobian included. */
  maxEvaluations: number;
}

/** SciPy's defaults. */
const MINPACK_DEFAULTS: LevenbergMarquardtSettings = {
  ftol: 1.49012e-8,
  xtol: 1.49012e-8,
  gtol: 0,
  maxEvaluations: 1000,
};

export interface LeastSquaresFit {
  x: number[];
  /** Half the sum of squared residuals. */
  cost: number;
  converged: boolean;
  evaluations: number;
}

const EPSILON = 2 ** -52;
const FACTOR = 100; // of the first step bound

/**
 * Minimise `Σ residuals(x)²`.
 *
 * @param residuals - `[n]` parameters to `[m]` residuals, m >= n
 * @throws RangeError if there are fewer residuals than parameters
 */
export function levenbergMarquardt(
  residuals: (x: readonly number[]) => ArrayLike<number>,
  start: readonly number[],
  settings: LevenbergMarquardtSettings = MINPACK_DEFAULTS,
): LeastSquaresFit {
  const { ftol, xtol, gtol, maxEvaluations } = settings;
  const n = start.length;
  let x = [...start];
  let f = Float64Array.from(residuals(x));
  if (f.length < n) throw new RangeError(`levenbergMarquardt: ${f.length} residuals for ${n} parameters`);
  let evaluations = 1;
  let fNorm = norm(f);
  let par = 0;
  let delta = 0;
  let xNorm = 0;
  let diag: number[] = [];
  const finish = (converged: boolean): LeastSquaresFit => ({ x, cost: 0.5 * fNorm * fNorm, converged, evaluations });
  for (let iteration = 1; ; ) {
    const jacobian = forwardJacobian(residuals, x, f);
    evaluations += n;
    const { r, pivots, columnNorms, qtf } = pivotedQr(jacobian, f);
    if (iteration === 1) {
      diag = columnNorms.map((c) => (c === 0 ? 1 : c));
      xNorm = norm(x.map((v, j) => diag[j] * v));
      delta = FACTOR * xNorm || FACTOR;
    }
    let gNorm = 0;
    if (fNorm !== 0) {
      for (let j = 0; j < n; j++) {
        if (columnNorms[pivots[j]] === 0) continue;
        let sum = 0;
        for (let i = 0; i <= j; i++) sum += r[i][j] * (qtf[i] / fNorm);
        gNorm = Math.max(gNorm, Math.abs(sum / columnNorms[pivots[j]]));
      }
    }
    if (gNorm <= gtol) return finish(true);
    diag = diag.map((d, j) => Math.max(d, columnNorms[j]));
    for (let ratio = 0; ratio < 1e-4; ) {
      const solved = parameter(r, pivots, diag, qtf, delta, par);
      par = solved.par;
      const step = solved.x.map((v) => -v);
      const candidate = x.map((v, j) => v + step[j]);
      const stepNorm = norm(step.map((v, j) => diag[j] * v));
      if (iteration === 1) delta = Math.min(delta, stepNorm);
      const fNew = Float64Array.from(residuals(candidate));
      evaluations++;
      const fNewNorm = norm(fNew);
      const actual = 0.1 * fNewNorm < fNorm ? 1 - (fNewNorm / fNorm) ** 2 : -1;
      const projected = new Array<number>(n).fill(0);
      for (let j = 0; j < n; j++) for (let i = 0; i <= j; i++) projected[i] += r[i][j] * step[pivots[j]];
      const temp1 = norm(projected) / fNorm;
      const temp2 = (Math.sqrt(par) * stepNorm) / fNorm;
      const predicted = temp1 * temp1 + (temp2 * temp2) / 0.5;
      const slope = -(temp1 * temp1 + temp2 * temp2);
      ratio = predicted !== 0 ? actual / predicted : 0;
      if (ratio <= 0.25) {
        let shrink = actual >= 0 ? 0.5 : (0.5 * slope) / (slope + 0.5 * actual);
        if (0.1 * fNewNorm >= fNorm || shrink < 0.1) shrink = 0.1;
        delta = shrink * Math.min(delta, stepNorm / 0.1);
        par /= shrink;
      } else if (par === 0 || ratio >= 0.75) {
        delta = stepNorm / 0.5;
        par *= 0.5;
      }
      if (ratio >= 1e-4) {
        x = candidate;
        xNorm = norm(x.map((v, j) => diag[j] * v));
        f = fNew;
        fNorm = fNewNorm;
        iteration++;
      }
      const flat = (tolerance: number) => Math.abs(actual) <= tolerance && predicted <= tolerance && 0.5 * ratio <= 1;
      if (flat(ftol) || delta <= xtol * xNorm) return finish(true);
      if (evaluations >= maxEvaluations) return finish(false);
      if (flat(EPSILON) || delta <= EPSILON * xNorm || gNorm <= EPSILON) return finish(false);
      if (Number.isNaN(ratio)) return finish(false);
    }
  }
}

/** Columns of the Jacobian by forward differences (`fdjac2`). */
function forwardJacobian(
  residuals: (x: readonly number[]) => ArrayLike<number>,
  x: readonly number[],
  f: Float64Array,
): Float64Array[] {
  const root = Math.sqrt(EPSILON);
  return x.map((v, j) => {
    const h = root * Math.abs(v) || root;
    const moved = residuals(x.map((w, i) => (i === j ? w + h : w)));
    return f.map((value, i) => (moved[i] - value) / h);
  });
}

/** Householder QR with column pivoting (`qrfac`); `r` is `[n][n]` upper triangular, `qtf` the first n of `Qᵀ f`. */
function pivotedQr(columns: Float64Array[], f: Float64Array) {
  const n = columns.length;
  const m = f.length;
  const a = columns.map((c) => Float64Array.from(c));
  const columnNorms = a.map((c) => norm(c));
  const remaining = [...columnNorms];
  const reference = [...columnNorms];
  const pivots = a.map((_, j) => j);
  const diagonal = [...columnNorms];
  const b = Float64Array.from(f);
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let k = j; k < n; k++) if (remaining[k] > remaining[best]) best = k;
    if (best !== j) {
      [a[j], a[best]] = [a[best], a[j]];
      [pivots[j], pivots[best]] = [pivots[best], pivots[j]];
      remaining[best] = remaining[j];
      reference[best] = reference[j];
    }
    const column = a[j];
    let length = norm(column.subarray(j));
    if (length !== 0) {
      if (column[j] < 0) length = -length;
      for (let i = j; i < m; i++) column[i] /= length;
      column[j] += 1;
      for (let k = j + 1; k < n; k++) {
        reflect(column, a[k], j);
        if (remaining[k] === 0) continue;
        const t = a[k][j] / remaining[k];
        remaining[k] *= Math.sqrt(Math.max(0, 1 - t * t));
        if (0.05 * (remaining[k] / reference[k]) ** 2 <= EPSILON) {
          remaining[k] = norm(a[k].subarray(j + 1));
          reference[k] = remaining[k];
        }
      }
      reflect(column, b, j);
    }
    diagonal[j] = -length;
  }
  const r = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i < j ? a[j][i] : i === j ? diagonal[j] : 0)),
  );
  return { r, pivots, columnNorms, qtf: Array.from(b.subarray(0, n)) };
}

/** Apply the Householder reflection whose vector is `v[j..]` to `target`. */
function reflect(v: Float64Array, target: Float64Array, j: number): void {
  let sum = 0;
  for (let i = j; i < v.length; i++) sum += v[i] * target[i];
  const t = sum / v[j];
  for (let i = j; i < v.length; i++) target[i] -= t * v[i];
}

/** The damping whose step has scaled length `delta`, and that step (`lmpar`). */
function parameter(
  r: number[][],
  pivots: number[],
  diag: number[],
  qtf: number[],
  delta: number,
  from: number,
): { par: number; x: number[] } {
  const n = diag.length;
  const dwarf = 2.2250738585072014e-308;
  let x = gaussNewton(r, pivots, qtf);
  let scaled = x.map((v, j) => diag[j] * v);
  let length = norm(scaled);
  let excess = length - delta;
  if (excess <= 0.1 * delta) return { par: 0, x };
  let lower = 0;
  if (r.every((row, j) => row[j] !== 0)) {
    const w = pivots.map((l) => diag[l] * (scaled[l] / length));
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < j; i++) w[j] -= r[i][j] * w[i];
      w[j] /= r[j][j];
    }
    const t = norm(w);
    lower = excess / delta / t / t;
  }
  const gradient = pivots.map((l, j) => {
    let sum = 0;
    for (let i = 0; i <= j; i++) sum += r[i][j] * qtf[i];
    return sum / diag[l];
  });
  const gNorm = norm(gradient);
  let upper = gNorm / delta || dwarf / Math.min(delta, 0.1);
  let par = Math.min(Math.max(from, lower), upper) || gNorm / length;
  for (let iteration = 1; ; iteration++) {
    if (par === 0) par = Math.max(dwarf, 0.001 * upper);
    const root = Math.sqrt(par);
    const solved = dampedSolve(
      r,
      pivots,
      diag.map((d) => root * d),
      qtf,
    );
    x = solved.x;
    scaled = x.map((v, j) => diag[j] * v);
    length = norm(scaled);
    const before = excess;
    excess = length - delta;
    const stuck = lower === 0 && excess <= before && before < 0;
    if (Math.abs(excess) <= 0.1 * delta || stuck || iteration === 10 || Number.isNaN(excess)) return { par, x };
    const w = pivots.map((l) => diag[l] * (scaled[l] / length));
    for (let j = 0; j < n; j++) {
      w[j] /= solved.s[j][j];
      for (let i = j + 1; i < n; i++) w[i] -= solved.s[j][i] * w[j];
    }
    const t = norm(w);
    const correction = excess / delta / t / t;
    if (excess > 0) lower = Math.max(lower, par);
    if (excess < 0) upper = Math.min(upper, par);
    par = Math.max(lower, par + correction);
  }
}

/** `R Pᵀ x = qtf`, with zeros from the first zero on the diagonal. */
function gaussNewton(r: number[][], pivots: number[], qtf: number[]): number[] {
  const n = qtf.length;
  const zero = r.findIndex((row, j) => row[j] === 0);
  const rank = zero < 0 ? n : zero;
  const w = qtf.map((v, j) => (j < rank ? v : 0));
  backSubstitute(r, w, rank);
  const x = new Array<number>(n).fill(0);
  for (let j = 0; j < n; j++) x[pivots[j]] = w[j];
  return x;
}

/** Least-squares solution of `R Pᵀ x = qtf, D x = 0` by Givens rotations (`qrsolv`); `s` is the new upper triangle. */
function dampedSolve(r: number[][], pivots: number[], d: number[], qtf: number[]): { x: number[]; s: number[][] } {
  const n = qtf.length;
  const s = r.map((row) => [...row]);
  const w = [...qtf];
  for (let j = 0; j < n; j++) {
    if (d[pivots[j]] === 0) continue;
    const row = new Array<number>(n).fill(0);
    row[j] = d[pivots[j]];
    let rhs = 0;
    for (let k = j; k < n; k++) {
      if (row[k] === 0) continue;
      let sin: number;
      let cos: number;
      if (Math.abs(s[k][k]) < Math.abs(row[k])) {
        const cotangent = s[k][k] / row[k];
        sin = 0.5 / Math.sqrt(0.25 + 0.25 * cotangent * cotangent);
        cos = sin * cotangent;
      } else {
        const tangent = row[k] / s[k][k];
        cos = 0.5 / Math.sqrt(0.25 + 0.25 * tangent * tangent);
        sin = cos * tangent;
      }
      for (let i = k; i < n; i++) {
        [s[k][i], row[i]] = [cos * s[k][i] + sin * row[i], -sin * s[k][i] + cos * row[i]];
      }
      [w[k], rhs] = [cos * w[k] + sin * rhs, -sin * w[k] + cos * rhs];
    }
  }
  const zero = s.findIndex((line, j) => line[j] === 0);
  const rank = zero < 0 ? n : zero;
  for (let j = rank; j < n; j++) w[j] = 0;
  backSubstitute(s, w, rank);
  const x = new Array<number>(n).fill(0);
  for (let j = 0; j < n; j++) x[pivots[j]] = w[j];
  return { x, s };
}

/** Solve the leading `rank` rows of an upper triangle in place. */
function backSubstitute(r: number[][], w: number[], rank: number): void {
  for (let j = rank - 1; j >= 0; j--) {
    for (let k = j + 1; k < rank; k++) w[j] -= r[j][k] * w[k];
    w[j] /= r[j][j];
  }
}

function norm(v: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum);
}
