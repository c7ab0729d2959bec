/**
 * @file Numbers with one-sided bounds, and how "all", "some" and "the k-th largest" of them are bounded.
 *
 * A statement such as "merged is best" is a smallest of several differences. Resampling such a minimum directly is
 * biased (noise always finds a new smallest), so the single differences are bounded and the bounds are combined: the
 * k-th largest of n numbers is bounded by the k-th largest of their bounds, each taken at a share of the tail that keeps
 * the error of the whole (union bound). For the lower bound of a minimum nothing has to be shared.
 */

export interface Quantity {
  value: number;
  /** The number lies below with probability `tail` at most. */
  low(tail: number): number;
  /** The number lies above with probability `tail` at most. */
  high(tail: number): number;
}

/**
 * The k-th largest of n quantities, k from 1.
 *
 * If the k-th largest lower bound exceeds the true k-th largest, then one of the n - k + 1 numbers that are not above it
 * lies below its own bound: so each bound is taken at `tail / (n - k + 1)`; for upper bounds at `tail / k`.
 *
 * @throws RangeError if there are fewer than k quantities
 */
export function kth(quantities: readonly Quantity[], k: number): Quantity {
  const n = quantities.length;
  if (!(k >= 1 && k <= n)) throw new RangeError(`kth: want k from 1 to ${n}, got ${k}`);
  const pick = (values: readonly number[]) =>
    values.some(Number.isNaN) ? Number.NaN : [...values].sort((a, b) => b - a)[k - 1];
  return {
    value: pick(quantities.map((q) => q.value)),
    low: (tail) => pick(quantities.map((q) => q.low(tail / (n - k + 1)))),
    high: (tail) => pick(quantities.map((q) => q.high(tail / k))),
  };
}

/** The smallest: positive where every one is. */
export function all(quantities: readonly Quantity[]): Quantity {
  return quantities.length === 0 ? UNKNOWN : kth(quantities, quantities.length);
}

/** The largest: positive where some one is. */
export function some(quantities: readonly Quantity[]): Quantity {
  return quantities.length === 0 ? UNKNOWN : kth(quantities, 1);
}

export function negate(q: Quantity): Quantity {
  return { value: -q.value, low: (tail) => -q.high(tail), high: (tail) => -q.low(tail) };
}

/** `limit - |q|`: positive where the quantity lies within the limit on both sides. */
export function within(limit: number, q: Quantity): Quantity {
  return all([below(limit, q), below(limit, negate(q))]);
}

/** `limit - q`: positive where the quantity lies below the limit. */
export function below(limit: number, q: Quantity): Quantity {
  return { value: limit - q.value, low: (tail) => limit - q.high(tail), high: (tail) => limit - q.low(tail) };
}

/** Of nothing: a model, task or baseline that is not there. */
export const UNKNOWN: Quantity = { value: Number.NaN, low: () => Number.NaN, high: () => Number.NaN };
