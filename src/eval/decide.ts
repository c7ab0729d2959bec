/**
 * @file Which option a model prefers.
 *
 * The right option is always the first. The largest score wins; among equal ones the first, so in the official mode a tie
 * counts as right.
 */

import type { ItemScores } from "./score-journal";
import type { ScoringMode } from "./scoring-mode";

/** What a model chose, and what that is worth. */
export interface Decision {
  /** Index of the chosen option. */
  chosen: number;
  /** 1 right, 0 wrong; a share for a tie when ties count half. */
  credit: number;
  /** The best score is shared by several options. */
  tie: boolean;
}

/**
 * The option with the largest score.
 *
 * @throws RangeError if there are fewer than two scores (one option always wins) or one is NaN (it would win too)
 * @example
 * decide([-4, -4], "half"); // => { chosen: 0, credit: 0.5, tie: true }
 */
export function decide(scores: readonly number[], ties: ScoringMode["ties"]): Decision {
  if (scores.length < 2) throw new RangeError(`decide: ${scores.length} option(s), want at least 2`);
  if (scores.some(Number.isNaN)) throw new RangeError(`decide: a score is NaN among ${scores.join(", ")}`);
  let chosen = 0;
  let equal = 1;
  for (let i = 1; i < scores.length; i++) {
    if (scores[i] > scores[chosen]) {
      chosen = i;
      equal = 1;
    } else if (scores[i] === scores[chosen]) equal++;
  }
  const credit = chosen !== 0 ? 0 : ties === "half" ? 1 / equal : 1;
  return { chosen, credit, tie: equal > 1 };
}

/** The numbers to compare: sums, or means over the counted tokens. */
export function comparable(scores: ItemScores, logProb: ScoringMode["logProb"]): number[] {
  return logProb === "sum" ? scores.logProbs : scores.logProbs.map((s, i) => s / scores.tokens[i]);
}
