/**
 * @file What evaluation knows about the tasks of one kind: where their data and results lie, how they are scored, and
 * what becomes of the scores in the collated file, the final table and a comparison of two models.
 *
 * Each kind is one value in one file of this folder. Nothing outside it asks a task for its kind.
 */

import type { LanguageModel } from "../../model/language-model";
import type { TaskScore } from "../../results/schema";
import type { Task, ZeroShotTask } from "../../tasks/task";
import type { Checkpoint } from "../checkpoints";
import type { TaskAnswers } from "../paired-comparison";
import type { TextTokenizer } from "../phrase";
import type { ScoreJournal } from "../score-journal";
import type { ScoringMode } from "../scoring-mode";

/** One line of the final table. */
export interface FinalScore {
  /** As the pipeline prints it. */
  name: string;
  value: number;
}

/** A task's part of a collated file, and the folders of its data and of its results in the revision `main`. */
export interface StoredTask<T extends Task> {
  task: T;
  stored: unknown;
  dataFolder: string;
  resultFolder: string;
}

/** Knowledge that every kind has. */
export interface Kind<T extends Task> {
  /** Folders below `<suite>_eval` that may hold the data; the first that exists is taken. */
  dataFolders(folder: string): string[];
  /**
   * What keeps the data of `dataFolder` from being used, as `no folder full_eval/aoa`; null if nothing does.
   *
   * @param shown - the folder as messages name it, for example `full_eval/aoa`
   */
  whyAbsent(task: T, dataFolder: string, shown: string): string | null;
  /** Where the pipeline keeps the results, below `<results>/<model>/<revision>`. */
  resultFolder(task: T, dataFolder: string): string;
  /** The result file there that is collated. */
  resultFile: string;
  /** [pipeline] results are in the revision `main`, whatever the model's revision. */
  alwaysInMain: boolean;
  /** Rules of a scoring mode on which the score depends; those that change the tasks themselves apart. */
  rules: readonly (keyof ScoringMode)[];
  /** Scoring follows a model through its training checkpoints. */
  needsCheckpoints: boolean;
  /** Key under which the collated file holds all tasks of the kind together; null: each has a key of its own. */
  section: string | null;
  /**
   * A result file as the collated file holds it.
   *
   * @param track - whose training checkpoints must all be there; null checks none
   * @throws Error naming the file if its counts or ids are not those of the data
   */
  collated(task: T, file: string, dataFolder: string, track: string | null): unknown;
  /** A result file of the fast suite as scores: fractions by UID, rho, or gains as fractions. */
  fastScores(task: T, file: string, dataFolder: string): unknown;
  /** Lines of the final table: of one task, or of all tasks of a section together. */
  finalScores(parts: readonly StoredTask<T>[], mode: ScoringMode): FinalScore[];
  /**
   * A scored model's answers item by item; null if it has none.
   *
   * @param modelFolder - `<results>/<model>/<revision>`
   * @throws Error if a file does not fit the data
   */
  answers(task: T, modelFolder: string, dataFolder: string, mode: ScoringMode): TaskAnswers | null;
}

/** A kind whose tasks are scored without training. */
export interface ZeroShotKind<T extends ZeroShotTask> extends Kind<T> {
  /**
   * One score; two for reading.
   *
   * @throws Error for bad data (`file:line`) and for a model that gives NaN
   */
  score(task: T, context: ScoringContext): Promise<Scored>;
}

/** Scores, and the official files that go with them: names to contents. */
export interface Scored {
  scores: TaskScore[];
  files: Readonly<Record<string, string>>;
}

/** What a zero-shot score is made with. */
export interface ScoringContext {
  model: LanguageModel;
  tokenizer: TextTokenizer;
  /** As the result files name it. */
  modelName: string;
  dataFolder: string;
  mode: ScoringMode;
  /** First to last; empty where there are none. */
  checkpoints: readonly Checkpoint[];
  /** Identifies the weights and the tokenizer; undefined: scores of an earlier run are not reused. */
  fingerprint: string | undefined;
  /** The scores that an earlier run kept of these data by these weights; empty where there are none. */
  openJournal(weights: string | undefined, data: unknown): ScoreJournal;
  onProgress?: (done: number, total: number, note?: string) => void;
}
