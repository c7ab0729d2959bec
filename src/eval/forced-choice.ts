/**
 * @file Which option a model prefers, and the accuracies that follow: by group, averaged as the benchmark says.
 *
 * The right option is always the first. The largest score wins; among equal ones the first, so in the official mode a tie
 * counts as right.
 */

import type { ChoiceItem, ForcedChoiceTask } from "../tasks/task";
import type { ItemScores } from "./score-journal";
import type { ScoringMode } from "./scoring-mode";

export interface Decision {
  /** Index of the chosen option. */
  chosen: number;
  /** 1 right, 0 wrong; a share for a tie when ties count half. */
  credit: number;
  /** The best score is shared by several options. */
  tie: boolean;
}

/**
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

/** Sum of credits and number of items under each value of each key, in order of first appearance. */
export type Tally = Map<string, Map<string, { credit: number; n: number }>>;

export function tally(items: readonly Pick<ChoiceItem, "groups">[], credits: readonly number[]): Tally {
  const out: Tally = new Map();
  items.forEach((item, i) => {
    for (const [key, value] of item.groups) {
      const group = entry(out, key, () => new Map());
      const cell = entry(group, value, () => ({ credit: 0, n: 0 }));
      cell.credit += credits[i];
      cell.n++;
    }
  });
  return out;
}

/**
 * The reported average of accuracies per UID: their plain mean, or the mean of the means of each split.
 *
 * @param uids - accuracy per UID, percent or fraction
 * @throws Error if a UID belongs to no split: it would count nowhere
 */
export function averageOver(uids: ReadonlyMap<string, number>, aggregate: ForcedChoiceTask["aggregate"]): number {
  if (aggregate === "macro") return mean([...uids.values()]);
  const { splits } = aggregate;
  const stray = [...uids.keys()].filter((uid) => !splits.some((split) => uid.startsWith(split)));
  if (stray.length > 0)
    throw new Error(`${stray.join(", ")}: none of the splits ${splits.join(", ")}; is the file misplaced?`);
  return mean([...splitMeans(uids, splits).values()]);
}

/** Mean accuracy of each split that is present. */
export function splitMeans(uids: ReadonlyMap<string, number>, splits: readonly string[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const split of splits) {
    const values = [...uids].filter(([uid]) => uid.startsWith(split)).map(([, value]) => value);
    if (values.length > 0) out.set(split, mean(values));
  }
  return out;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
