/**
 * @file Which option a model prefers.
 *
 * The right option is always the first. The largest score wins. Among equal ones the first does, so in the official mode of
 * 2025 a tie counts as right; under protocol 2026 one of them is drawn.
 */

import { Rng } from "../util/rng";
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
 * @param rng - draws among equal options when `ties` is `random`
 * @throws RangeError if there are fewer than two scores (one option always wins) or one is NaN (it would win too)
 * @example
 * decide([-4, -4], "half"); // => { chosen: 0, credit: 0.5, tie: true }
 */
export function decide(scores: readonly number[], ties: ScoringMode["ties"], rng?: Rng): Decision {
  if (scores.length < 2) throw new RangeError(`decide: ${scores.length} option(s), want at least 2`);
  if (scores.some(Number.isNaN)) throw new RangeError(`decide: a score is NaN among ${scores.join(", ")}`);
  const top = Math.max(...scores);
  const best = scores.map((_, i) => i).filter((i) => scores[i] === top);
  const tie = best.length > 1;
  if (tie && ties === "random" && rng === undefined)
    throw new RangeError("decide: ties are drawn, but no rng is given");
  const chosen = tie && ties === "random" && rng !== undefined ? rng.pick(best) : best[0];
  const credit = chosen !== 0 ? 0 : ties === "half" ? 1 / best.length : 1;
  return { chosen, credit, tie };
}

/** Decisions on a task's items in data order; ties that are drawn depend on the mode's seed and the task's name alone. */
export function decideAll(scores: readonly ItemScores[], mode: ScoringMode, task: string): Decision[] {
  const rng = Rng.fromSeed(mode.seed).fork(`ties/${task}`);
  return scores.map((options) => decide(comparable(options, mode.logProb), mode.ties, rng));
}

/** The numbers to compare: sums, or means over the counted tokens. */
export function comparable(scores: ItemScores, logProb: ScoringMode["logProb"]): number[] {
  return logProb === "sum" ? scores.logProbs : scores.logProbs.map((s, i) => s / scores.tokens[i]);
}
