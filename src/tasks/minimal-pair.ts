/** @file Minimal pairs as in BLiMP: two sentences, of which the grammatical one should be more probable. */

import { asRow, type Row, textField } from "./row";
import type { ChoiceItem, ForcedChoiceTask, TaskFacts } from "./task";

/** A pair with its groups. */
export interface Pair {
  good: string;
  bad: string;
  /** The group over which accuracies are averaged. */
  uid: string;
  /** Groups of the official report in its order, `UID` among them; default `UID` alone. */
  groups?: ChoiceItem["groups"];
}

/** Name, display name, version and source are required; the rest has defaults. */
type PairFacts = Pick<TaskFacts, "name" | "displayName" | "version" | "source"> & Partial<TaskFacts>;

/**
 * A task of minimal pairs. By default its data is in `full_eval/<name>/`, a row has `sentence_good` and `sentence_bad`,
 * the file's name is the group, and the score is the mean over groups.
 *
 * @param pairOf - converts a row to its pair; throws an Error naming the wrong field
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

/** Reads `sentence_good` and `sentence_bad`; the group is the file's name. */
function sentencePair(row: Row, fileStem: string): Pair {
  return { good: textField(row, "sentence_good"), bad: textField(row, "sentence_bad"), uid: fileStem };
}
