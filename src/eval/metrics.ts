/**
 * @file Metrics. Classification: accuracy, F1, Matthews correlation, the majority class. Groups of items: accuracy per
 * group, and their macro average, plain or over splits.
 */

import { meanOf } from "../stats/mean";
import type { ChoiceItem, ForcedChoiceTask, GlueMetric } from "../tasks/task";

/** Share of equal labels. @throws RangeError if the lists differ in length or are empty */
export function accuracy(predicted: ArrayLike<number>, gold: ArrayLike<number>): number {
  const { tp, tn, n } = counts("accuracy", predicted, gold, null);
  return (tp + tn) / n;
}

/** Binary F1 of class 1; 0 if undefined (class 1 is neither predicted nor true). */
export function f1(predicted: ArrayLike<number>, gold: ArrayLike<number>): number {
  const { tp, fp, fn } = counts("f1", predicted, gold, 1);
  return tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn);
}

/** Matthews correlation coefficient of two classes; 0 if undefined (one side is constant). */
export function mcc(predicted: ArrayLike<number>, gold: ArrayLike<number>): number {
  const { tp, tn, fp, fn } = counts("mcc", predicted, gold, 1);
  const denominator = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  return denominator === 0 ? 0 : (tp * tn - fp * fn) / denominator;
}

/** The metrics of the fine-tuning tasks, by the name in `results.txt`. */
export const GLUE_METRICS: Record<GlueMetric, (predicted: ArrayLike<number>, gold: ArrayLike<number>) => number> = {
  accuracy,
  f1,
  mcc,
};

/** Accuracy of always answering the most frequent label. */
export function majorityBaseline(gold: ArrayLike<number>): number {
  const frequency = new Map<number, number>();
  for (let i = 0; i < gold.length; i++) frequency.set(gold[i], (frequency.get(gold[i]) ?? 0) + 1);
  return Math.max(...frequency.values()) / gold.length;
}

/** With `positive` null: tp counts equal labels. */
function counts(who: string, predicted: ArrayLike<number>, gold: ArrayLike<number>, positive: number | null) {
  if (predicted.length !== gold.length || gold.length === 0) {
    throw new RangeError(`${who}: ${predicted.length} predictions for ${gold.length} labels`);
  }
  let tp = 0;
  let tn = 0;
  let fp = 0;
  let fn = 0;
  for (let i = 0; i < gold.length; i++) {
    if (positive === null) {
      if (predicted[i] === gold[i]) tp++;
    } else if (predicted[i] === positive) {
      if (gold[i] === positive) tp++;
      else fp++;
    } else if (gold[i] === positive) fn++;
    else tn++;
  }
  return { tp, tn, fp, fn, n: gold.length };
}

/** Sum of credits and number of items under each value of each key, in order of first appearance. */
export type Tally = Map<string, Map<string, { credit: number; n: number }>>;

/** Count every item under each of its groups. */
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
 * Macro average, as reported: the plain mean of the accuracies per UID, or the mean of the means of each split.
 *
 * @param uids - accuracy per UID, percent or fraction
 * @throws Error if a UID belongs to no split
 */
export function macroAverage(uids: ReadonlyMap<string, number>, aggregate: ForcedChoiceTask["aggregate"]): number {
  if (aggregate === "macro") return meanOf([...uids.values()]);
  const { splits } = aggregate;
  const stray = [...uids.keys()].filter((uid) => !splits.some((split) => uid.startsWith(split)));
  if (stray.length > 0)
    throw new Error(`${stray.join(", ")}: none of the splits ${splits.join(", ")}; is the file misplaced?`);
  return meanOf([...splitMeans(uids, splits).values()]);
}

/** Mean accuracy of each split that is present. */
export function splitMeans(uids: ReadonlyMap<string, number>, splits: readonly string[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const split of splits) {
    const values = [...uids].filter(([uid]) => uid.startsWith(split)).map(([, value]) => value);
    if (values.length > 0) out.set(split, meanOf(values));
  }
  return out;
}

/** Accuracy per UID, times `scale` before the division as in the pipeline; in order of first appearance. */
export function uidAccuracies(
  items: readonly Pick<ChoiceItem, "uid">[],
  credits: readonly number[],
  scale: number,
): Map<string, number> {
  const uids = tally(
    items.map(({ uid }) => ({ groups: [["UID", uid]] })),
    credits,
  ).get("UID");
  return new Map([...(uids ?? [])].map(([uid, { credit, n }]) => [uid, (scale * credit) / n]));
}

/**
 * Weight of each item in a task's average accuracy.
 *
 * @param uids - the items' groups, in data order
 * @example
 * averageWeights(["a", "a", "b"], "macro"); // => [0.25, 0.25, 0.5]
 */
export function averageWeights(uids: readonly string[], aggregate: ForcedChoiceTask["aggregate"]): number[] {
  const sizes = new Map<string, number>();
  for (const uid of uids) sizes.set(uid, (sizes.get(uid) ?? 0) + 1);
  const names = [...sizes.keys()];
  const splitOf = (uid: string) =>
    aggregate === "macro" ? "" : (aggregate.splits.find((split) => uid.startsWith(split)) ?? "");
  const inSplit = (split: string) => names.filter((uid) => splitOf(uid) === split).length;
  const splits = new Set(names.map(splitOf)).size;
  return uids.map((uid) => 1 / (splits * inSplit(splitOf(uid)) * (sizes.get(uid) as number)));
}

/** An undefined correlation (one side is constant) counts as 0. */
export function orZero(correlation: number): number {
  return Number.isNaN(correlation) ? 0 : correlation;
}

/** A note for a score's alternatives, which says that its 0 stands for an undefined correlation. */
export function undefinedNote(correlation: number): Record<string, number> {
  return Number.isNaN(correlation) ? { "undefined: the model's answers are constant": 1 } : {};
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
