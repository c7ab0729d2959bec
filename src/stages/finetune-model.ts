/** @file Fine-tune one model folder on one (Super)GLUE task and judge it: what `finetune` and `reproduce` both do. */

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
import { glueTask, loadGlue } from "../tasks/superglue";
import type { Protocol } from "../tasks/task";
import { Tokenizer } from "../tokenizer/tokenizer";
import { type ClassifierRow, fineTune } from "../train/finetune-classifier";
import { Rng } from "../util/rng";

/** A model folder, a task with its data, and the settings. */
export interface FineTuneModelRequest {
  /** A Hugging Face folder: configuration, weights, tokenizer. It is left as it is. */
  modelFolder: string;
  /** As results name the model. */
  name: string;
  task: string;
  /** Holds `<task>.train.jsonl` and `<task>.valid.jsonl`. */
  dataFolder: string;
  /** Root of the results. */
  outFolder: string;
  /** Default `main`. */
  revision?: string;
  settings: FineTuneSettings;
  /** Gives the protocol, and by its pooling the position whose hidden state is classified. */
  mode: ScoringMode;
  /** Of row choice, shuffling, dropout and the head. */
  seed: number;
  /** Updates done of all. */
  onProgress?: (done: number, total: number) => void;
}

export interface FineTunedScore {
  score: TaskScore;
  /** `[validation rows]` 1 where the prediction is right. */
  right: number[];
  /** `[validation rows]` the predicted classes, and the rows themselves. */
  predictions: number[];
  data: { train: ClassifierRow[]; valid: ClassifierRow[] };
  /** From 0. */
  bestEpoch: number;
}

/**
 * A fine-tuned model's score; the official files go below `outFolder`.
 *
 * Every model sees the same rows in the same order, so that two models of one shape differ in their weights alone.
 */
export async function fineTuneModel(request: FineTuneModelRequest): Promise<FineTunedScore> {
  const { settings, mode } = request;
  const task = glueTask(request.task);
  const rng = Rng.fromSeed(request.seed).fork(`finetune/${task.name}`);
  const tokenizer = Tokenizer.load(request.modelFolder);
  const rows = (part: "train" | "valid", most: number | null): ClassifierRow[] => {
    const examples = loadGlue(task, path.join(request.dataFolder, `${task.name}.${part}.jsonl`));
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
 * Ids of a pair. Two empty texts, to which the tokenizer adds nothing, are one padding token: the pipeline's batch holds
 * nothing else for them, and padding that sees only itself has the state of one padding token.
 *
 * @throws Error if there is nothing to pad with
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

/** The mode of a pooling: the protocol's own where it is the protocol's pooling, else one with the pooling in its name. */
export function poolingMode(pooling: Pooling, protocol: Protocol = "2025"): ScoringMode {
  const own = scoringMode("official", protocol);
  if (pooling === own.pooling) return own;
  if (pooling === "last_real") return scoringMode("last-token-pooling", protocol);
  const name = own.name === "official" ? pooling : `${own.name}+${pooling}`;
  return { ...own, pooling, name };
}
