/**
 * @file What a benchmark is: facts, plus one small pure adapter from its rows to items. Strings only; no ids, no model.
 *
 * How a task of each kind is scored, written, collated and compared is in `src/eval/kinds/`, one file per kind. To add a
 * task of a known kind: put its data below `evaluation_data/full_eval/`, write one file here (`blimp.ts` is 20 lines,
 * `minimal-pair.ts` makes a pair task from its facts alone) and list it in `index.ts`. `test/eval/new-task.test.ts`
 * takes an invented task through scoring, reports, collation, comparison and the final table.
 */

import type { Row } from "./row";

/** One question to a model: which of these texts is likeliest? The first option is the right one, as in the pipeline. */
export interface ChoiceItem {
  /** The whole texts that the model reads. */
  sentences: readonly string[];
  /** Their ends that count; the same strings where the whole text counts. */
  completions: readonly string[];
  /** What `predictions.json` stores when an option is chosen. */
  answers: readonly string[];
  /** The group that accuracies are averaged over: BLiMP's paradigm, EWoK's domain, ... */
  uid: string;
  /** The item's groups, by key in the order of the official report; `UID` among them. */
  groups: readonly (readonly [key: string, value: string])[];
}

/** What is known of every task, whatever its kind. */
export interface TaskFacts {
  /** Our name: command line, results. */
  name: string;
  /** As figures and texts write it. */
  displayName: string;
  /** Its line in the pipeline's final table; default `displayName`. */
  tableName?: string;
  /** Grows when the same data would give other items, so that scores of two versions are told apart. */
  version: number;
  /** The pipeline's `--task`, also its folder in the results. */
  officialName: string;
  /** Folder below `evaluation_data/full_eval` and `evaluation_data/fast_eval`; null where the set has none. */
  folder: { full: string; fast: string | null };
  /** Protocols whose suites hold the task; default all. */
  protocols?: readonly Protocol[];
  /** The publication. */
  source: string;
  /** Not part of the pipeline: data without it lack nothing, so it is never reported as absent. */
  isExtra?: true;
}

/** The rules of one year's official pipeline. */
export type Protocol = "2025" | "2026";

/** A choice between texts; the score is accuracy. */
export interface ForcedChoiceTask extends TaskFacts {
  kind: "forced-choice";
  /** Accuracy of guessing. */
  chance: number;
  /**
   * `macro`: mean over UIDs. `splits`: UIDs are named `split_...`; mean within each split, then over the splits.
   * Neither pools the rows.
   */
  aggregate: "macro" | { splits: readonly string[] };
  /** Rows that are no items; default none. @throws Error naming the wrong field; the reader adds file and line */
  leavesOut?(row: unknown): boolean;
  /** @throws Error naming the wrong field; the reader adds file and line */
  toItem(row: unknown, fileStem: string): ChoiceItem;
}

/** Two competing forms and the share of people who prefer the first; the score is Spearman's rho. */
export interface PreferenceTask extends TaskFacts {
  kind: "preference";
  /** @throws Error naming the wrong field; the reader adds file and line */
  toItem(row: unknown, fileStem: string): ChoiceItem & { humanRatio: number };
}

/** Reading times: regressions of measured times on the model's surprisals. */
export interface ReadingTask extends TaskFacts {
  kind: "reading";
  /** The file inside `folder`. */
  file: string;
}

/** Age of acquisition: a model's training checkpoints against children's ages. */
export interface AcquisitionTask extends TaskFacts {
  kind: "age-of-acquisition";
  /** The file inside `folder`; the children's data lie beside it. */
  file: string;
}

export type GlueMetric = "accuracy" | "f1" | "mcc";

/** Two texts and a class; a model is fine-tuned on it, and its predictions are judged. */
export interface ClassificationTask extends TaskFacts {
  kind: "classification";
  numLabels: number;
  /** Written to `results.txt` in this order. */
  metrics: readonly GlueMetric[];
  /** The two texts, in the order in which the tokenizer joins them. */
  segments(row: Row): [a: string, b: string];
}

export type ZeroShotTask = ForcedChoiceTask | PreferenceTask | ReadingTask | AcquisitionTask;

export type Task = ZeroShotTask | ClassificationTask;

/** `blimp`, or `blimp@2` from the second version on: what a result must say of the task that it belongs to. */
export function taskId({ name, version }: Pick<TaskFacts, "name" | "version">): string {
  return version === 1 ? name : `${name}@${version}`;
}
