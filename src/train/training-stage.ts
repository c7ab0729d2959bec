/** @file Types of a training stage (settings, data, options, result), and their validation. */

import type { Llama } from "../model/llama";
import type { Precision } from "../tensor";
import type { BatchSettings, Examples } from "./batch";
import type { LossRow, ValidationRow } from "./loss-table";
import type { AdamWSettings } from "./optimizer";
import type { Schedule } from "./schedule";

export type { Examples, Packing, TrainingExample } from "./batch";

/** All settings that determine the result. Spread `STAGE_DEFAULTS` for values that the paper does not give. */
export interface StageSettings extends BatchSettings, AdamWSettings, Schedule {
  /** Name of the folder and of the random streams, for example `"pretrain"` or `"instruct-1-switch"`. */
  name: string;
  seed: number | string;
  /** Peak learning rate. */
  learningRate: number;
  epochs: number;
  /** Updates between validations; null: only at the end of each epoch. */
  validateEverySteps: number | null;
  /** Weights that the model has after the stage. */
  finalWeights: "last" | "best";
  /** Words seen in earlier stages, added to the words of this stage for `wordCheckpoints`. */
  wordsBefore: number;
  /** Numbers of words seen at which `options.onWords` is called, ascending. */
  wordCheckpoints: readonly number[];
}

/** Values that the paper does not give [ours]. */
export const STAGE_DEFAULTS = {
  decay: "matrices", //         [transformers Trainer] no weight decay on the norms
  floor: 0.1, //                used by one schedule only
  maxMicroBatchTokens: 8192, // limits memory; larger updates are accumulated
  validateEverySteps: null,
  finalWeights: "last",
  wordsBefore: 0,
  wordCheckpoints: [],
} as const;

export interface StageData {
  train: Examples;
  /**
   * Held-out examples; loss is reported per source. May include sources that are not trained on, to measure forgetting.
   */
  validation: Examples;
}

/** Options that do not change the weights. */
export interface StageOptions {
  /** Folder of the whole run; the stage uses a sub-folder. */
  runFolder: string;
  /** Receives one sentence at a time: sizes at the start, and warnings. */
  log?: (line: string) => void;
  onStep?: (row: LossRow) => void;
  /** Called at each of `wordCheckpoints`; after a resume possibly again, with the same weights. */
  onWords?: (words: number, model: Llama) => Promise<void>;
  /** False: ignore the folder's content and start again. */
  resume?: boolean;
  /** Hashes of further inputs that must be unchanged on resume, by file name: for example of the tokenizer. */
  fingerprints?: Record<string, string>;
  /**
   * Intervals between checkpoints, in updates and in time; a checkpoint is also written after each epoch of over 20 s.
   */
  checkpointEverySteps?: number;
  checkpointEverySeconds?: number;
  keepCheckpoints?: number;
}

export interface StageResult {
  stage: string;
  steps: number;
  epochs: number;
  tokensSeen: number;
  wordsSeen: number;
  /** Tokens cut off by truncation, and examples that lost all tokens with loss by it. */
  cut: { tokens: number; examples: number };
  /** Validation loss by source, for the final weights; sources without a token with loss are left out. */
  validation: { source: string; lossNats: number; tokens: number }[];
  best: { step: number; lossNats: number } | null;
  /** Precisions of the updates' matrix products, in order of use; absent: all float32. */
  precisions?: Precision[];
  losses: LossRow[];
  validations: ValidationRow[];
}

/** @throws Error naming the setting or example that is not valid */
export function checkStage({ train }: StageData, settings: StageSettings): void {
  const { name } = settings;
  if (!/^[\w.-]+$/.test(name))
    throw new Error(`trainStage: "${name}" is not a valid folder name; use letters, digits, "-", "_"`);
  for (const key of ["batchSize", "sequenceLength", "maxMicroBatchTokens", "epochs"] as const) {
    if (!(Number.isInteger(settings[key]) && settings[key] >= 1)) {
      throw new Error(`trainStage ${name}: ${key} is ${settings[key]}, want a positive integer`);
    }
  }
  if (!(settings.learningRate >= 0 && Number.isFinite(settings.learningRate))) {
    throw new Error(`trainStage ${name}: learningRate is ${settings.learningRate}`);
  }
  const { packing, sequenceLength } = settings;
  let i = 0;
  let isEmpty = true;
  let hasLoss = false;
  for (const { ids, lossFrom, source, words } of train) {
    if (!(Number.isSafeInteger(words) && words >= 0)) {
      throw new Error(`trainStage ${name}: example ${i} (${source}) has ${words} words, want a whole number from 0`);
    }
    if (!(Number.isInteger(lossFrom) && lossFrom >= 1)) {
      throw new Error(`trainStage ${name}: example ${i} (${source}) has lossFrom ${lossFrom}, want an integer from 1`);
    }
    if (ids.length > 1 && lossFrom >= ids.length) {
      throw new Error(`trainStage ${name}: example ${i} (${source}) has ${ids.length} tokens, none of them with loss`);
    }
    if (ids.length > 1) isEmpty = false;
    if (ids.length > 1 && (packing === "stream" || lossFrom <= sequenceLength)) hasLoss = true;
    i++;
  }
  if (isEmpty) {
    throw new Error(`trainStage ${name}: no training example has two tokens; is the data set empty?`);
  }
  if (!hasLoss) {
    throw new Error(
      `trainStage ${name}: no example has a token with loss within ${sequenceLength} tokens; raise sequenceLength`,
    );
  }
}
