/**
 * @file Interface of a kind of task: where data and results lie, how a task is scored, and how its scores appear in the
 * collated file, the final table and a comparison of two models.
 *
 * Each kind is one value in one file of this folder. No code outside this folder branches on a task's kind.
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

/** Functions and settings of every kind. */
export interface Kind<T extends Task> {
  /** Folders below `<suite>_eval` that may hold the data; the first that exists is taken. */
  dataFolders(folder: string): string[];
  /**
   * Why the data in `dataFolder` cannot be used, for example `no folder full_eval/aoa`; null if it can be used.
   *
   * @param shown - the folder as messages name it, for example `full_eval/aoa`
   */
  whyAbsent(task: T, dataFolder: string, shown: string): string | null;
  /** Result folder of the pipeline, below `<results>/<model>/<revision>`. */
  resultFolder(task: T, dataFolder: string): string;
  /** Name of the result file that is collated. */
  resultFile: string;
  /** [pipeline] results are in the revision `main`, for every revision of the model. */
  alwaysInMain: boolean;
  /** Rules of a scoring mode that affect the score, apart from those that change the tasks themselves. */
  rules: readonly (keyof ScoringMode)[];
  /** Whether scoring needs the checkpoints of the training. */
  needsCheckpoints: boolean;
  /** Key under which the collated file holds all tasks of the kind together; null: each task has its own key. */
  section: string | null;
  /**
   * The content of a result file as it appears in the collated file.
   *
   * @param track - all training checkpoints of this track are required; null checks none
   * @throws Error naming the file if its counts or ids are not those of the data
   */
  collated(task: T, file: string, dataFolder: string, track: string | null): unknown;
  /** The scores in a result file of the fast suite: fractions by UID, rho, or gains as fractions. */
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
   * Returns one score, or two for reading.
   *
   * @throws Error for bad data (`file:line`) and for a model that gives NaN
   */
  score(task: T, context: ScoringContext): Promise<Scored>;
}

/** Scores, and their official files as names to contents. */
export interface Scored {
  scores: TaskScore[];
  files: Readonly<Record<string, string>>;
}

/** Everything that scoring a task needs. */
export interface ScoringContext {
  model: LanguageModel;
  tokenizer: TextTokenizer;
  /** Model name in the result files. */
  modelName: string;
  dataFolder: string;
  mode: ScoringMode;
  /** Checkpoints from first to last; empty if there are none. */
  checkpoints: readonly Checkpoint[];
  /** Identifies the weights and the tokenizer; if undefined, scores of an earlier run are not reused. */
  fingerprint: string | undefined;
  /** Opens the journal of an earlier run for these data and weights; empty if there is none. */
  openJournal(weights: string | undefined, data: unknown): ScoreJournal;
  onProgress?: (done: number, total: number, note?: string) => void;
}
