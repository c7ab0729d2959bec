/**
 * @file Numbers with one-sided confidence bounds, and bounds for the smallest, largest and k-th largest of several.
 *
 * A statement such as "merged is best" is about the smallest of several differences. Resampling such a minimum directly
 * is biased downwards, so each difference is bounded and the bounds are combined: the k-th largest of n numbers is
 * bounded by the k-th largest of their bounds, each at a fraction of the tail, so that the total error holds (union
 * bound). The lower bound of a minimum needs no such correction.
 */

export interface Quantity {
  value: number;
  /** Lower bound: the number is below it with probability at most `tail`. */
  low(tail: number): number;
  /** Upper bound: the number is above it with probability at most `tail`. */
  high(tail: number): number;
}

/**
 * The k-th largest of n quantities, k from 1.
 *
 * If the k-th largest lower bound exceeds the true k-th largest, then at least one of the n - k + 1 numbers not above
 * it is below its own bound. So each lower bound is taken at `tail / (n - k + 1)`, and each upper bound at `tail / k`.
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

/** The smallest: positive if all are. */
export function all(quantities: readonly Quantity[]): Quantity {
  return quantities.length === 0 ? UNKNOWN : kth(quantities, quantities.length);
}

/** The largest: positive if at least one is. */
export function some(quantities: readonly Quantity[]): Quantity {
  return quantities.length === 0 ? UNKNOWN : kth(quantities, 1);
}

export function negate(q: Quantity): Quantity {
  return { value: -q.value, low: (tail) => -q.high(tail), high: (tail) => -q.low(tail) };
}

/** `limit - |q|`: positive if the quantity is within the limit on both sides. */
export function within(limit: number, q: Quantity): Quantity {
  return all([below(limit, q), below(limit, negate(q))]);
}

/** `limit - q`: positive if the quantity is below the limit. */
export function below(limit: number, q: Quantity): Quantity {
  return { value: limit - q.value, low: (tail) => limit - q.high(tail), high: (tail) => limit - q.low(tail) };
}

/** Stands for a missing model, task or baseline. */
export const UNKNOWN: Quantity = { value: Number.NaN, low: () => Number.NaN, high: () => Number.NaN };
