/**
 * @file Types of a benchmark: its facts, and a small pure adapter from its rows to items. Items are strings, without
 * token ids or a model.
 *
 * The code that scores, writes, collates and compares tasks is in `src/eval/kinds/`, one file per kind. To add a task
 * of a known kind: put its data below `evaluation_data/full_eval/`, write one file here (`blimp.ts` is 20 lines,
 * `minimal-pair.ts` makes a task of minimal pairs from its facts) and list it in `index.ts`.
 * `test/eval/new-task.test.ts` tests this with an invented task, from scoring to the final table.
 */

import type { Row } from "./row";

/**
 * One question to a model: which of these texts is most probable? The first option is the correct one, as in the
 * pipeline.
 */
export interface ChoiceItem {
  /** The complete texts that the model reads. */
  sentences: readonly string[];
  /** The ends of the texts that are scored; equal to the texts if all of a text is scored. */
  completions: readonly string[];
  /** What `predictions.json` stores when an option is chosen. */
  answers: readonly string[];
  /** The group over which accuracies are averaged: BLiMP's paradigm, EWoK's domain, ... */
  uid: string;
  /** The item's groups, by key in the order of the official report; `UID` among them. */
  groups: readonly (readonly [key: string, value: string])[];
}

/** Facts of a task of any kind. */
export interface TaskFacts {
  /** Our name, for the command line and results. */
  name: string;
  /** Name in figures and texts. */
  displayName: string;
  /** Its line in the pipeline's final table; default `displayName`. */
  tableName?: string;
  /** Incremented when the same data would give other items, so that scores of two versions differ in their id. */
  version: number;
  /** The pipeline's `--task`, also the folder in its results. */
  officialName: string;
  /** Folder below `evaluation_data/full_eval` and `evaluation_data/fast_eval`; null if the suite does not have it. */
  folder: { full: string; fast: string | null };
  /** Protocols whose suites contain the task; default all. */
  protocols?: readonly Protocol[];
  /** The publication. */
  source: string;
  /** Not part of the pipeline, so its absence from a data folder is not reported. */
  isExtra?: true;
}

/** The rules of one year's official pipeline. */
export type Protocol = "2025" | "2026";

/** A choice between texts; the score is accuracy. */
export interface ForcedChoiceTask extends TaskFacts {
  kind: "forced-choice";
  /** Accuracy of random guessing. */
  chance: number;
  /**
   * `macro`: mean over UIDs. `splits`: UIDs are named `split_...`; mean within each split, then over the splits.
   * Neither pools the rows.
   */
  aggregate: "macro" | { splits: readonly string[] };
  /** Rows that are not items; default none. @throws Error naming the wrong field; the reader adds file and line */
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
  /** The file inside `folder`; the children's data is beside it. */
  file: string;
}

export type GlueMetric = "accuracy" | "f1" | "mcc";

/** Two texts and a class; a model is fine-tuned on the task, and its predictions are scored. */
export interface ClassificationTask extends TaskFacts {
  kind: "classification";
  numLabels: number;
  /** Metrics written to `results.txt`, in this order. */
  metrics: readonly GlueMetric[];
  /** The two texts, in the order in which the tokenizer joins them. */
  segments(row: Row): [a: string, b: string];
}

export type ZeroShotTask = ForcedChoiceTask | PreferenceTask | ReadingTask | AcquisitionTask;

export type Task = ZeroShotTask | ClassificationTask;

/** Identifier of a task in results: `blimp`, or `blimp@2` from the second version on. */
export function taskId({ name, version }: Pick<TaskFacts, "name" | "version">): string {
  return version === 1 ? name : `${name}@${version}`;
}
