/** @file Ordinary least squares with an intercept, solved by a QR decomposition in double precision. */

import { Matrix, QrDecomposition } from "ml-matrix";
import { twoSidedP } from "./student-t";

export interface LinearFit {
  /** Rows. */
  n: number;
  /** Columns, the intercept included. */
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
 * @param predictors - columns of length n each; products of columns are the caller's business
 * @throws RangeError if a column has another length, a value is not finite, there are no more rows than columns, or the
 *   columns are linearly dependent (a coefficient would be arbitrary)
 */
export function linearRegression(predictors: readonly ArrayLike<number>[], y: ArrayLike<number>): LinearFit {
  const n = y.length;
  const k = predictors.length + 1;
  check(predictors, y);
  const x = Matrix.zeros(n, k);
  for (let i = 0; i < n; i++) {
    x.set(i, 0, 1);
    for (let j = 1; j < k; j++) x.set(i, j, predictors[j - 1][i]);
  }
  const target = Matrix.columnVector(Array.from(y));
  const qr = new QrDecomposition(x);
  if (!isFullRank(qr.upperTriangularMatrix)) {
    throw new RangeError(`linearRegression: the ${k} columns (with the intercept) are linearly dependent`);
  }
  const beta = qr.solve(target);
  const residuals = Matrix.sub(target, x.mmul(beta)).to1DArray();
  const ssr = sumOfSquares(residuals);
  const mean = target.mean();
  const sst = sumOfSquares(target.to1DArray().map((v) => v - mean));
  const coefficients = beta.to1DArray();
  const variance = ssr / (n - k);
  const tValues = diagonalOfInverseGram(qr.upperTriangularMatrix).map(
    (g, j) => coefficients[j] / Math.sqrt(variance * g),
  );
  return {
    n,
    k,
    coefficients,
    tValues,
    pValues: tValues.map((t) => twoSidedP(t, n - k)),
    r2: 1 - ssr / sst,
    aic: n * Math.log(2 * Math.PI) + n * Math.log(ssr / n) + n + 2 * k,
  };
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

function isFullRank(r: Matrix): boolean {
  for (let j = 0; j < r.columns; j++) {
    let length = 0; // of column j of X, whose norm R keeps
    for (let i = 0; i <= j; i++) length = Math.hypot(length, r.get(i, j));
    if (!(Math.abs(r.get(j, j)) > 1e-12 * length)) return false;
  }
  return true;
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
