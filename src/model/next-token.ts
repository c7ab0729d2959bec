/**
 * @file Sampling of the next token from its scores: repetition penalty, temperature, top-k, top-p and min-p, in the
 * order and with the rules of transformers' `generate`.
 */

import type { Rng } from "../util/rng";

export interface Sampling {
  /** 0: always the most probable token (greedy). 1: the model's distribution. */
  temperature: number;
  /** Keep the k most probable tokens (and ties of the last); null: all. */
  topK: number | null;
  /** Keep the most probable tokens that together reach this probability; 1: all. */
  topP: number;
  /** Keep tokens with at least this share of the largest probability; 0: all. */
  minP: number;
  /**
   * Scores of tokens already in the text are divided by this if positive, multiplied if negative; 1 changes nothing.
   */
  repetitionPenalty: number;
}

/** Greedy: always the most probable token. */
export const GREEDY: Sampling = { temperature: 0, topK: null, topP: 1, minP: 0, repetitionPenalty: 1 };

/**
 * Probabilities of all tokens; excluded tokens have 0.
 *
 * @param logits - `[V]` unnormalised scores
 * @param previous - ids of the text so far, for the repetition penalty
 */
export function nextTokenDistribution(
  logits: Float32Array,
  sampling: Sampling,
  previous: ArrayLike<number> = [],
): Float64Array {
  checkSampling(sampling);
  const { temperature, topK, topP, minP, repetitionPenalty } = sampling;
  const scores = Float64Array.from(logits);
  if (repetitionPenalty !== 1) {
    for (const id of new Set(Array.from(previous))) {
      scores[id] = scores[id] < 0 ? scores[id] * repetitionPenalty : scores[id] / repetitionPenalty;
    }
  }
  if (temperature === 0) {
    const certain = new Float64Array(scores.length);
    certain[argMax(scores)] = 1;
    return certain;
  }
  if (temperature !== 1) for (let i = 0; i < scores.length; i++) scores[i] /= temperature;
  if (topK !== null && topK < scores.length) {
    const least = Float64Array.from(scores).sort()[scores.length - topK];
    for (let i = 0; i < scores.length; i++) if (scores[i] < least) scores[i] = Number.NEGATIVE_INFINITY;
  }
  if (topP < 1) {
    const probabilities = softmax(scores);
    const ascending = Array.from(probabilities.keys()).sort((a, b) => probabilities[a] - probabilities[b] || a - b);
    let below = 0;
    for (const id of ascending.slice(0, -1)) {
      below += probabilities[id];
      if (below > 1 - topP) break;
      scores[id] = Number.NEGATIVE_INFINITY;
    }
  }
  if (minP > 0) {
    const probabilities = softmax(scores);
    const least = minP * probabilities[argMax(probabilities)];
    for (let i = 0; i < scores.length; i++) if (probabilities[i] < least) scores[i] = Number.NEGATIVE_INFINITY;
  }
  return softmax(scores);
}

/** Draw an id from a distribution. */
export function drawToken(probabilities: Float64Array, rng: Rng): number {
  let left = rng.next();
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    last = id;
    left -= probabilities[id];
    if (left < 0) return id;
  }
  return last; // rounding can make the sum slightly less than 1
}

/** Index of the largest value; the first of equal ones. */
export function argMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

function softmax(scores: Float64Array): Float64Array {
  const most = scores[argMax(scores)];
  const out = Float64Array.from(scores, (x) => Math.exp(x - most));
  const total = out.reduce((a, b) => a + b, 0);
  for (let i = 0; i < out.length; i++) out[i] /= total;
  return out;
}

/** @throws RangeError naming the invalid setting */
function checkSampling({ temperature, topK, topP, minP, repetitionPenalty }: Sampling): void {
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new RangeError(`temperature is ${temperature}, want >= 0`);
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1))
    throw new RangeError(`topK is ${topK}, want null or >= 1`);
  if (!(topP > 0 && topP <= 1)) throw new RangeError(`topP is ${topP}, want above 0 and at most 1`);
  if (!(minP >= 0 && minP <= 1)) throw new RangeError(`minP is ${minP}, want 0 to 1`);
  if (!(repetitionPenalty > 0)) throw new RangeError(`repetitionPenalty is ${repetitionPenalty}, want above 0`);
}
