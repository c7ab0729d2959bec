/** @file Minimal pairs as BLiMP has them: two sentences, and the grammatical one should be the likelier. */

import { asRow, type Row, textField } from "./row";
import type { ChoiceItem, ForcedChoiceTask, TaskFacts } from "./task";

/** A pair and the groups it counts in. */
export interface Pair {
  good: string;
  bad: string;
  /** What accuracies are averaged over. */
  uid: string;
  /** Groups of the official report in its order, `UID` among them; default `UID` alone. */
  groups?: ChoiceItem["groups"];
}

/** A name, a display name, a version and a source; the rest has defaults. */
type PairFacts = Pick<TaskFacts, "name" | "displayName" | "version" | "source"> & Partial<TaskFacts>;

/**
 * A task of minimal pairs. By default its data are in `full_eval/<name>/`, a row holds `sentence_good` and
 * `sentence_bad`, the file's name is the group, and the score is the mean over groups.
 *
 * @param pairOf - a row to its pair; throws an Error that says which field is wrong
 * @example
 * const ZORRO = minimalPair({ name: "zorro", displayName: "Zorro", version: 1, source: "Huebner et al. 2021" });
 */
export function minimalPair(
  facts: PairFacts,
  pairOf: (row: Row, fileStem: string) => Pair = sentencePair,
): ForcedChoiceTask {
  return {
    officialName: facts.name,
    folder: { full: facts.name, fast: null },
    ...facts,
    kind: "forced-choice",
    chance: 0.5,
    aggregate: "macro",
    toItem: (value, fileStem) => {
      const { good, bad, uid, groups = [["UID", uid]] } = pairOf(asRow(value), fileStem);
      const pair = [good, bad];
      return { sentences: pair, completions: pair, answers: pair, uid, groups };
    },
  };
}

/** `sentence_good` and `sentence_bad`, in a group named like the file. */
function sentencePair(row: Row, fileStem: string): Pair {
  return { good: textField(row, "sentence_good"), bad: textField(row, "sentence_bad"), uid: fileStem };
}
