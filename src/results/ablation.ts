/**
 * @file Result file of the ablation experiment, `data/results/ablation/ablation.json`.
 *
 * Two tokenizers by two shapes, all else equal. It tests two possible causes of the paper's numbers:
 * whether the tokenizer or the size causes the tenfold gap in reading scores, and whether classification from the first
 * token causes the majority-class scores.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { readJson } from "../util/jsonl";
import type { ModelName, TaskScore, ValidationLoss } from "./schema";

/** `byte-level`: no blank added before a text, no BOS. `sentencepiece`: always a leading blank, and `<s>`. */
export const ABLATION_TOKENIZERS = ["byte-level", "sentencepiece"] as const;
export type AblationTokenizer = (typeof ABLATION_TOKENIZERS)[number];

export interface AblationModel {
  id: string;
  shape: ModelName;
  tokenizer: AblationTokenizer;
}

/** The four models, byte-level ones first. */
export const ABLATION_MODELS: readonly AblationModel[] = ABLATION_TOKENIZERS.flatMap((tokenizer) =>
  (["wide", "narrow"] as const).map((shape) => ({ id: `${shape}-${tokenizer}`, shape, tokenizer })),
);

export const ABLATION_TASKS = ["rte", "wsc", "boolq", "multirc", "mnli"] as const;

export interface AblationTraining {
  model: string;
  parameters: number;
  vocabSize: number;
  /** Words per epoch. */
  words: number;
  tokens: number;
  validation: Omit<ValidationLoss, "stage">[];
}

/** A zero-shot score without its groups. */
export type AblationScore = Omit<TaskScore, "groups" | "alternatives"> & { model: string };

export interface AblationFineTuning {
  model: string;
  task: string;
  pooling: "first" | "last_real";
  trainRows: number;
  validRows: number;
  accuracy: number;
  interval: [number, number] | null;
  /** Share of each class among the validation labels; then among the predictions. */
  labelShares: number[];
  predictedShares: number[];
  /** Number of different first tokens among the validation rows; with 1, the first position carries no information. */
  firstTokens: number;
}

/** A difference in percent of variance explained, both models on the same words; 95 % interval over words. */
export interface ReadingEffect {
  task: "reading_eye_tracking" | "reading_self_paced";
  mode: string;
  /** `tokenizer`: sentencepiece minus byte-level, at one shape. `size`: narrow minus wide, with one tokenizer. */
  of: "tokenizer" | "size";
  /** The shape or the tokenizer at which it is measured. */
  at: ModelName | AblationTokenizer;
  values: [first: number, second: number];
  difference: number;
  interval: [number, number] | null;
}

export interface AblationResults {
  scale: string;
  seed: number;
  /** Unfinished jobs. */
  open: string[];
  training: AblationTraining[];
  scores: AblationScore[];
  readingEffects: ReadingEffect[];
  fineTuning: AblationFineTuning[];
}

export const ablationFile = (resultsFolder: string) => path.join(resultsFolder, "ablation.json");

/** The experiment's results; null if it has not been run. */
export function findAblation(root: string): AblationResults | null {
  const file = ablationFile(path.join(root, "data", "results", "ablation"));
  return fs.existsSync(file) ? readJson<AblationResults>(file) : null;
}
