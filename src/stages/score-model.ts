/** @file Scores one model folder on zero-shot tasks; used by `score` and `reproduce`. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { TasksFound } from "../eval/available-tasks";
import { type Checkpoint, stepWords } from "../eval/checkpoints";
import { kindOf } from "../eval/kinds/index";
import { modelResults } from "../eval/official/folders";
import { claimResults } from "../eval/result-protocol";
import type { ScoringMode } from "../eval/scoring-mode";
import { scoreZeroShot } from "../eval/zero-shot";
import { loadHuggingFace } from "../model/checkpoint/hugging-face";
import type { Llama } from "../model/llama";
import { type Layout, LlamaLanguageModel } from "../model/llama-language-model";
import type { AbsentTask, TaskScore } from "../results/schema";
import { zeroShotTask } from "../tasks/index";
import { warnOfStandIns } from "../tasks/stand-ins";
import { Tokenizer } from "../tokenizer/tokenizer";
import { messageOf } from "../util/check";
import { filesIn } from "../util/list-files";
import { sha256File } from "../util/sha256";

/** A model folder, the data of its tasks, and the rules. */
export interface ScoreModelRequest {
  /** A Hugging Face folder: configuration, weights, tokenizer. */
  modelFolder: string;
  /** Model name in the results. */
  name: string;
  /** The tasks, each with its data folder; tasks without data are passed through. */
  tasks: TasksFound;
  /** Root folder of the results. */
  outFolder: string;
  /** Default `main`. */
  revision?: string;
  mode: ScoringMode;
  /** Use the layout `forest`, see `Layout`. Default false, as for the committed results. */
  exact?: boolean;
  /** The model of `modelFolder`, loaded by the caller, who frees it; default: it is loaded and freed by this call. */
  loaded?: LoadedModel;
  /** Folder of the training checkpoints `chck_1M`, ..., each a model folder; null if there are none. */
  checkpointsFolder: string | null;
  /** Reason that a result gives for tasks that need checkpoints, if there are none. */
  whyNoCheckpoints: string;
  onProgress?: (task: string, done: number, total: number, note?: string) => void;
  onScores?: (task: string, scores: readonly TaskScore[]) => void;
}

/** A model folder in memory. */
export interface LoadedModel {
  tokenizer: Tokenizer;
  llama: Llama;
  layout: Layout;
  /** Identifies weights, tokenizer and layout, see `modelFingerprint`. */
  fingerprint: string;
}

/** Load a model folder for several calls of `scoreModel`. The caller disposes of `llama`. */
export function loadModel(folder: string, layout: Layout = "trunks"): LoadedModel {
  const tokenizer = Tokenizer.load(folder);
  const llama = loadHuggingFace(folder);
  return { tokenizer, llama, layout, fingerprint: modelFingerprint(folder, layout) };
}

/** Scores, and the tasks without one. */
export interface ModelScores {
  scores: TaskScore[];
  absent: AbsentTask[];
}

/**
 * Returns scores in the order of the tasks and writes the official files below `outFolder`. A killed call resumes after
 * the items already scored; for age of acquisition, after the checkpoints already scored.
 *
 * @throws Error naming the task for bad data or a model that gives NaN
 */
export async function scoreModel(request: ScoreModelRequest): Promise<ModelScores> {
  const { modelFolder, name, tasks, onProgress, onScores } = request;
  const loaded = request.loaded ?? loadModel(modelFolder, request.exact ? "forest" : "trunks");
  const { tokenizer, llama, layout, fingerprint } = loaded;
  const model = new LlamaLanguageModel(llama, { name, layout });
  const checkpoints = request.checkpointsFolder === null ? [] : checkpointsIn(request.checkpointsFolder, layout);
  claimResults(modelResults(request.outFolder, name, request.revision), request.mode);
  const found: ModelScores = { scores: [], absent: [...tasks.absent] };
  try {
    for (const { task, dataFolder } of tasks.present) {
      if (kindOf(zeroShotTask(task, request.mode)).needsCheckpoints && checkpoints.length === 0) {
        found.absent.push({ task, why: request.whyNoCheckpoints });
        continue;
      }
      warnOfStandIns(task, dataFolder);
      const scores = await scoreZeroShot({
        model,
        tokenizer,
        task,
        dataFolder,
        outFolder: request.outFolder,
        modelName: name,
        revision: request.revision,
        mode: request.mode,
        fingerprint,
        checkpoints,
        onProgress: (done, total, note) => onProgress?.(task, done, total, note),
      }).catch((error: unknown) => {
        throw new Error(`${task}: ${messageOf(error)}`);
      });
      found.scores.push(...scores);
      onScores?.(task, scores);
    }
  } finally {
    if (request.loaded === undefined) llama.dispose();
  }
  return found;
}

/** Checksums of weights, configuration and tokenizer, on which scores depend, and the layout. */
export function modelFingerprint(folder: string, layout: Layout = "trunks"): string {
  const files = filesIn(folder).filter((file) => /\.(safetensors|json)$/.test(file));
  const lines = files.map((file) => `${file} ${sha256File(path.join(folder, file))}`);
  return [...lines, ...(layout === "trunks" ? [] : [`layout ${layout}`])].join("\n");
}

/** Names of the training checkpoints in a folder, in the order of words seen; none if there is no such folder. */
export function checkpointSteps(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  const steps = fs.readdirSync(folder).filter((name) => /^chck_\d+(\.\d+)?[KM]$/.test(name));
  return steps.sort((a, b) => stepWords(a) - stepWords(b));
}

function checkpointsIn(folder: string, layout: Layout): Checkpoint[] {
  return checkpointSteps(folder).map((step) => ({
    step,
    fingerprint: modelFingerprint(path.join(folder, step), layout),
    load: async () => {
      const llama = loadHuggingFace(path.join(folder, step));
      return { model: new LlamaLanguageModel(llama, { name: step, layout }), dispose: () => llama.dispose() };
    },
  }));
}
