/** @file What a training stage takes and gives back: settings, data, options, result. */

import type { Llama } from "../model/llama";
import type { BatchSettings, TrainingExample } from "./batch";
import type { LossRow, ValidationRow } from "./loss-table";
import type { AdamWSettings } from "./optimizer";
import type { Schedule } from "./schedule";

export type { Packing, TrainingExample } from "./batch";

/** Everything that decides what comes out. Spread `STAGE_DEFAULTS` for what the paper does not say. */
export interface StageSettings extends BatchSettings, AdamWSettings, Schedule {
  /** For example `"pretrain"` or `"instruct-1-switch"`: names the folder and the random streams. */
  name: string;
  seed: number | string;
  /** Peak learning rate. */
  learningRate: number;
  epochs: number;
  /** Updates between validations; null: at the end of each epoch only. */
  validateEverySteps: number | null;
  /** Which weights the model has when the stage is over. */
  finalWeights: "last" | "best";
  /** Words seen in earlier stages; `wordCheckpoints` count from the very beginning. */
  wordsBefore: number;
  /** Words seen at which `options.onWords` is called, ascending. */
  wordCheckpoints: readonly number[];
}

/** [ours], where the paper is silent. */
export const STAGE_DEFAULTS = {
  decay: "matrices", //         [transformers Trainer] the norms do not decay
  floor: 0.1, //                used by one schedule only
  maxMicroBatchTokens: 8192, // bounds memory; more is accumulated
  validateEverySteps: null,
  finalWeights: "last",
  wordsBefore: 0,
  wordCheckpoints: [],
} as const;

export interface StageData {
  train: readonly TrainingExample[];
  /** Held out; the loss on each source is told apart. May hold sources that are not trained on, to see forgetting. */
  validation: readonly TrainingExample[];
}

/** How it is run; none of this changes the weights. */
export interface StageOptions {
  /** Folder of the whole run; the stage gets a folder of its own in it. */
  runFolder: string;
  /** One sentence at a time: sizes at the start, warnings. */
  log?: (line: string) => void;
  onStep?: (row: LossRow) => void;
  /** Called at each of `wordCheckpoints` (may be called again after a resume, with the same weights). */
  onWords?: (words: number, model: Llama) => Promise<void>;
  /** False: forget what the folder holds and begin anew. */
  resume?: boolean;
  /** Inputs that must be the same when a run is resumed, by file name: for example the tokenizer's hash. */
  fingerprints?: Record<string, string>;
  /** Checkpoints are written at these intervals of updates and of time, and after each epoch of over 20 s. */
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
  /** Tokens that truncation cut off the examples, and examples that lost all of their loss by it. */
  cut: { tokens: number; examples: number };
  /** Validation loss by source, of the weights the model has now; sources without a token under the loss are left out. */
  validation: { source: string; lossNats: number; tokens: number }[];
  best: { step: number; lossNats: number } | null;
  losses: LossRow[];
  validations: ValidationRow[];
}

/** @throws Error naming the setting or example that is not valid */
export function checkStage({ train }: StageData, settings: StageSettings): void {
  const { name } = settings;
  if (!/^[\w.-]+$/.test(name))
    throw new Error(`trainStage: "${name}" cannot name a folder; use letters, digits, "-", "_"`);
  for (const key of ["batchSize", "sequenceLength", "maxMicroBatchTokens", "epochs"] as const) {
    if (!(Number.isInteger(settings[key]) && settings[key] >= 1)) {
      throw new Error(`trainStage ${name}: ${key} is ${settings[key]}, want a positive integer`);
    }
  }
  if (!(settings.learningRate >= 0 && Number.isFinite(settings.learningRate))) {
    throw new Error(`trainStage ${name}: learningRate is ${settings.learningRate}`);
  }
  for (const [i, { ids, lossFrom, source, words }] of train.entries()) {
    if (!(Number.isSafeInteger(words) && words >= 0)) {
      throw new Error(`trainStage ${name}: example ${i} (${source}) has ${words} words, want a whole number from 0`);
    }
    if (!(Number.isInteger(lossFrom) && lossFrom >= 1)) {
      throw new Error(`trainStage ${name}: example ${i} (${source}) has lossFrom ${lossFrom}, want an integer from 1`);
    }
    if (ids.length > 1 && lossFrom >= ids.length) {
      throw new Error(`trainStage ${name}: example ${i} (${source}) has ${ids.length} tokens and none under the loss`);
    }
  }
  if (!train.some(({ ids }) => ids.length > 1)) {
    throw new Error(`trainStage ${name}: no training example has two tokens; is the data set empty?`);
  }
  const { packing, sequenceLength } = settings;
  if (packing === "examples" && train.every(({ ids, lossFrom }) => ids.length < 2 || lossFrom > sequenceLength)) {
    throw new Error(
      `trainStage ${name}: within ${sequenceLength} tokens no example has one under the loss; raise sequenceLength`,
    );
  }
}
