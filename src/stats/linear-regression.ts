/**
 * @file Ordinary least squares with an intercept, solved by a QR decomposition in double precision.
 *
 * A column that depends linearly on earlier ones is left out, as in R; its coefficient is NaN.
 */

import { Matrix, QrDecomposition } from "ml-matrix";
import { twoSidedP } from "./student-t";

export interface LinearFit {
  /** Number of rows. */
  n: number;
  /** Number of independent columns, including the intercept. */
  k: number;
  /** `[k]`, intercept first, then the predictors in the order given. */
  coefficients: number[];
  /** `[k]` coefficient over its standard error. */
  tValues: number[];
  /** `[k]` two-sided, with n - k degrees of freedom. */
  pValues: number[];
  /** `1 - SSR / SST`, SST about the mean. */
  r2: number;
  /** `n ln 2π + n ln(SSR / n) + n + 2k`, as statsmodels. */
  aic: number;
}

/**
 * Fit `y = b0 + Σ b[j] predictors[j]`.
 *
 * @param predictors - columns of length n each; the caller computes products of columns
 * @throws RangeError if a column has another length, a value is not finite, or there are no more rows than
 *   columns
 */
export function linearRegression(predictors: readonly ArrayLike<number>[], y: ArrayLike<number>): LinearFit {
  check(predictors, y);
  const n = y.length;
  const ones = new Float64Array(n).fill(1);
  const columns = [ones, ...predictors];
  const kept = independentColumns(columns, n);
  const x = matrixOf(
    kept.map((j) => columns[j]),
    n,
  );
  const k = kept.length;
  const target = Matrix.columnVector(Array.from(y));
  const qr = new QrDecomposition(x);
  const beta = qr.solve(target);
  const ssr = sumOfSquares(Matrix.sub(target, x.mmul(beta)).to1DArray());
  const mean = target.mean();
  const sst = sumOfSquares(target.to1DArray().map((v) => v - mean));
  const variance = ssr / (n - k);
  const t = diagonalOfInverseGram(qr.upperTriangularMatrix).map((g, i) => beta.get(i, 0) / Math.sqrt(variance * g));
  const spread = (values: readonly number[]) =>
    columns.map((_, j) => (kept.includes(j) ? values[kept.indexOf(j)] : Number.NaN));
  return {
    n,
    k,
    coefficients: spread(beta.to1DArray()),
    tValues: spread(t),
    pValues: spread(t.map((value) => twoSidedP(value, n - k))),
    r2: 1 - ssr / sst,
    aic: n * Math.log(2 * Math.PI) + n * Math.log(ssr / n) + n + 2 * k,
  };
}

/** Indices of the columns that are not a combination of columns before them. */
function independentColumns(columns: readonly ArrayLike<number>[], n: number): number[] {
  const r = new QrDecomposition(matrixOf(columns, n)).upperTriangularMatrix;
  return columns
    .map((_, j) => j)
    .filter((j) => {
      let length = 0; // of column j, which R keeps
      for (let i = 0; i <= j; i++) length = Math.hypot(length, r.get(i, j));
      return Math.abs(r.get(j, j)) > 1e-12 * length;
    });
}

function matrixOf(columns: readonly ArrayLike<number>[], n: number): Matrix {
  const x = Matrix.zeros(n, columns.length);
  columns.forEach((column, j) => {
    for (let i = 0; i < n; i++) x.set(i, j, column[i]);
  });
  return x;
}

/** Diagonal of `(XᵀX)⁻¹ = R⁻¹ R⁻ᵀ`: the squared lengths of the rows of `R⁻¹`. */
function diagonalOfInverseGram(r: Matrix): number[] {
  const k = r.rows;
  const inverse = Matrix.zeros(k, k);
  for (let column = 0; column < k; column++) {
    for (let row = column; row >= 0; row--) {
      let sum = row === column ? 1 : 0;
      for (let j = row + 1; j <= column; j++) sum -= r.get(row, j) * inverse.get(j, column);
      inverse.set(row, column, sum / r.get(row, row));
    }
  }
  return inverse.to2DArray().map((row) => sumOfSquares(row));
}

function sumOfSquares(values: readonly number[]): number {
  let sum = 0;
  for (const v of values) sum += v * v;
  return sum;
}

function check(predictors: readonly ArrayLike<number>[], y: ArrayLike<number>): void {
  if (y.length <= predictors.length + 1) {
    throw new RangeError(`linearRegression: ${y.length} rows cannot fit ${predictors.length + 1} coefficients`);
  }
  [y, ...predictors].forEach((column, j) => {
    const name = j === 0 ? "y" : `predictor ${j - 1}`;
    if (column.length !== y.length) {
      throw new RangeError(`linearRegression: ${name} has ${column.length} rows, y has ${y.length}`);
    }
    for (let i = 0; i < column.length; i++) {
      if (!Number.isFinite(column[i])) throw new RangeError(`linearRegression: ${name}[${i}] is ${column[i]}`);
    }
  });
}
