/**
 * @file What a benchmark is: data, plus one small pure adapter from its rows to items. Strings only; no ids, no model.
 *
 * The runners in `src/eval/` are written once for all tasks. To add a task: put its files below `evaluation_data/full_eval/`,
 * write one file here (`entity-tracking.ts` is a good model: 40 lines), list it in `index.ts`, and give it a test with a toy
 * model (`test/eval/zero-shot.test.ts` does so for an invented one). Scores, reports, intervals, resuming and comparisons
 * follow by themselves.
 */

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

interface TaskFacts {
  /** Our name: command line, results. */
  name: string;
  /** The pipeline's `--task`, also its folder in the results. */
  officialName: string;
  /** Folder below `evaluation_data/full_eval` and `evaluation_data/fast_eval`; null where the set has none. */
  folder: { full: string; fast: string | null };
  source: string;
}

/** A choice between texts; the score is accuracy. */
export interface ForcedChoiceTask extends TaskFacts {
  kind: "forced-choice";
  chance: number;
  /**
   * `macro`: mean over UIDs. `by-split`: UIDs are named `split_...`; mean within each split, then over the splits.
   * Neither pools the rows.
   */
  aggregate: "macro" | { splits: readonly string[] };
  /** @throws Error saying which field is wrong; the reader adds file and line */
  toItem(row: unknown, fileStem: string): ChoiceItem;
}

/** Two competing forms and the share of people who prefer the first; the score is Spearman's rho. */
export interface PreferenceTask extends TaskFacts {
  kind: "preference";
  toItem(row: unknown, fileStem: string): ChoiceItem & { humanRatio: number };
}

/** Reading times; a procedure of its own. */
export interface ReadingTask extends TaskFacts {
  kind: "reading";
  /** The file inside `folder`. */
  file: string;
}

/** Age of acquisition; a procedure of its own. */
export interface AcquisitionTask extends TaskFacts {
  kind: "age-of-acquisition";
  /** The file inside `folder`; the children's data lie beside it. */
  file: string;
}

export type ZeroShotTask = ForcedChoiceTask | PreferenceTask | ReadingTask | AcquisitionTask;
