/**
 * @file Tail probability and critical values of Student's t, by the continued fraction of the incomplete beta function
 * (DLMF 8.17.22).
 */

/**
 * Two-sided p-value: the probability that |t| with `df` degrees of freedom is at least the one observed.
 *
 * @example
 * twoSidedP(12.706204736432095, 1); // => 0.05, the first line of any t table
 */
export function twoSidedP(t: number, df: number): number {
  if (!(df > 0)) throw new RangeError(`twoSidedP: want df > 0, got ${df}`);
  if (Number.isNaN(t)) return Number.NaN;
  return incompleteBeta(df / (df + t * t), df / 2, 0.5);
}

/**
 * The critical t of a two-sided test at level `alpha`, by bisection of `twoSidedP`.
 *
 * @example
 * criticalT(0.05, 2); // => 4.30265272974946, as in SciPy's t.ppf(0.975, 2)
 */
export function criticalT(alpha: number, df: number): number {
  let [low, high] = [0, 1];
  while (twoSidedP(high, df) > alpha) [low, high] = [high, 2 * high];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (twoSidedP(middle, df) > alpha) low = middle;
    else high = middle;
  }
  return high;
}

/** Regularised incomplete beta function `I_x(a, b)`. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // the fraction converges fast only left of the mean; otherwise use I_x(a, b) = 1 - I_{1-x}(b, a)
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  return front * lentz(x, a, b);
}

function lentz(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const numerator of [even, odd]) {
      d = 1 / guard(1 + numerator * d);
      c = guard(1 + numerator / c);
      h *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return h;

  function guard(v: number): number {
    return Math.abs(v) < tiny ? tiny : v;
  }
}

/** Logarithm of the gamma function for `x > 0` (Lanczos, g = 671/128, 15 terms: about 15 digits). */
export function logGamma(x: number): number {
  // biome-ignore-start lint/correctness/noPrecisionLoss: the coefficients as published
  // coefficients: P. Godfrey's set, as in Numerical Recipes, 3rd ed., §6.1
  const c = [
    57.1562356658629235, -59.5979603554754912, 14.1360979747417471, -0.491913816097620199, 0.339946499848118887e-4,
    0.465236289270485756e-4, -0.983744753048795646e-4, 0.158088703224912494e-3, -0.210264441724104883e-3,
    0.217439618115212643e-3, -0.16431810653676389e-3, 0.844182239838527433e-4, -0.261908384015814087e-4,
    0.368991826595316234e-5,
  ];
  let series = 0.999999999999997092;
  // biome-ignore-end lint/correctness/noPrecisionLoss: as above
  for (let i = 0; i < c.length; i++) series += c[i] / (x + i + 1);
  const t = x + 5.2421875; // 671/128
  return (x + 0.5) * Math.log(t) - t + Math.log((2.5066282746310007 * series) / x);
}
