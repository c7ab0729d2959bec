/** @file Fine-tunes one model folder on one (Super)GLUE task and scores it; used by `finetune` and `reproduce`. */

import * as path from "node:path";
import { judgePredictions } from "../eval/kinds/classification";
import { kindOf } from "../eval/kinds/index";
import { GLUE_METRICS } from "../eval/metrics";
import { modelResults, writeResultFiles } from "../eval/official/folders";
import { claimResults } from "../eval/result-protocol";
import { type ScoringMode, scoringMode } from "../eval/scoring-mode";
import { FINETUNE_OPTIMIZER, type FineTuneSettings } from "../experiments/finetuning";
import { loadHuggingFace } from "../model/checkpoint/hugging-face";
import type { Pooling } from "../model/sequence-classifier";
import type { TaskScore } from "../results/schema";
import { warnOfStandIns } from "../tasks/stand-ins";
import { glueTask, loadGlue } from "../tasks/superglue";
import type { Protocol } from "../tasks/task";
import { Tokenizer } from "../tokenizer/tokenizer";
import { type ClassifierRow, fineTune } from "../train/finetune-classifier";
import { Rng } from "../util/rng";

/** A model folder, a task with its data, and the settings. */
export interface FineTuneModelRequest {
  /** A Hugging Face folder: configuration, weights, tokenizer. It is not changed. */
  modelFolder: string;
  /** Model name in the results. */
  name: string;
  task: string;
  /** Folder with `<task>.train.jsonl` and `<task>.valid.jsonl`. */
  dataFolder: string;
  /** Root folder of the results. */
  outFolder: string;
  /** Default `main`. */
  revision?: string;
  settings: FineTuneSettings;
  /** Gives the protocol and the pooling, the position whose hidden state is classified. */
  mode: ScoringMode;
  /** Seed of row selection, shuffling, dropout and the classification head. */
  seed: number;
  /** Called with the number of finished updates and the total. */
  onProgress?: (done: number, total: number) => void;
}

export interface FineTunedScore {
  score: TaskScore;
  /** `[validation rows]` 1 where the prediction is right. */
  right: number[];
  /** `[validation rows]` the predicted classes; then the rows themselves. */
  predictions: number[];
  data: { train: ClassifierRow[]; valid: ClassifierRow[] };
  /** Index of the best epoch, from 0. */
  bestEpoch: number;
}

/**
 * A fine-tuned model's score; the official files go below `outFolder`.
 *
 * Every model sees the same rows in the same order, so that two models of one shape differ only in their weights.
 */
export async function fineTuneModel(request: FineTuneModelRequest): Promise<FineTunedScore> {
  const { settings, mode } = request;
  const task = glueTask(request.task);
  const rng = Rng.fromSeed(request.seed).fork(`finetune/${task.name}`);
  const tokenizer = Tokenizer.load(request.modelFolder);
  const rows = (part: "train" | "valid", most: number | null): ClassifierRow[] => {
    const file = `${task.name}.${part}.jsonl`;
    warnOfStandIns(task.name, request.dataFolder, [file]);
    const examples = loadGlue(task, path.join(request.dataFolder, file));
    const kept = most === null || examples.length <= most ? examples : rng.fork(`rows/${part}`).sample(examples, most);
    return kept.map(({ a, b, label }) => ({ ids: pairIds(tokenizer, a, b, settings.maxLength), label }));
  };
  const data = { train: rows("train", settings.maxTrainRows), valid: rows("valid", settings.maxValidRows) };
  const metrics = (predicted: number[], gold: number[]) =>
    Object.fromEntries(task.metrics.map((metric) => [metric, GLUE_METRICS[metric](predicted, gold)]));
  const results = modelResults(request.outFolder, request.name, request.revision);
  claimResults(results, mode);
  const llama = loadHuggingFace(request.modelFolder);
  try {
    const { predictions, bestEpoch } = await fineTune(
      llama,
      data,
      { ...settings, optimizer: FINETUNE_OPTIMIZER, numLabels: task.numLabels, pooling: mode.pooling, metrics },
      rng,
      { onProgress: request.onProgress },
    );
    const labels = data.valid.map(({ label }) => label);
    const { scores, files } = judgePredictions(task, { predictions, labels }, mode);
    writeResultFiles(path.join(results, kindOf(task).resultFolder(task, request.dataFolder)), files);
    const right = labels.map((label, i) => (predictions[i] === label ? 1 : 0));
    return { score: scores[0], right, predictions, data, bestEpoch };
  } finally {
    llama.dispose();
  }
}

/**
 * Ids of a pair. Two empty texts, to which the tokenizer adds no token, become one padding token: the pipeline's batch
 * contains only padding for them, and padding that attends to itself only has the state of one padding token.
 *
 * @throws Error if there is no padding token
 */
function pairIds(tokenizer: Tokenizer, a: string, b: string, maxLength: number): ArrayLike<number> {
  const { ids } = tokenizer.encodePair(a, b, { maxLength });
  if (ids.length > 0) return ids;
  const { pad } = tokenizer.specialTokens;
  if (pad === null) {
    throw new Error(
      "both texts of a row are empty and the tokenizer adds no token; name a pad_token in tokenizer_config.json, or remove the row",
    );
  }
  return [pad];
}

/** The mode for a pooling: the protocol's own mode if that is its pooling, else one with the pooling in its name. */
export function poolingMode(pooling: Pooling, protocol: Protocol = "2025"): ScoringMode {
  const own = scoringMode("official", protocol);
  if (pooling === own.pooling) return own;
  if (pooling === "last_real") return scoringMode("last-token-pooling", protocol);
  const name = own.name === "official" ? pooling : `${own.name}+${pooling}`;
  return { ...own, pooling, name };
}
