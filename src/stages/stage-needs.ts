/**
 * @file The resources that a stage requests from a scheduler: minutes, memory, threads, GPUs.
 *
 * Times are generous estimates from counted operations and a rate. A stage that takes longer gets a signal before its
 * limit, saves, and is queued again. Text is measured by its bytes, so that a graph is printed immediately.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { availableTasks } from "../eval/available-tasks";
import { CURRICULA } from "../experiments/curricula";
import { FINETUNING, type FineTuneTaskName } from "../experiments/finetuning";
import { CHECKPOINTS, INSTRUCTION, INSTRUCTION_WORDS, MODELS, PRETRAINING } from "../experiments/models";
import { findRun } from "../experiments/runs";
import { CURVE_TASKS } from "../experiments/scoring";
import { countParameters } from "../model/count-parameters";
import { type LlamaConfig, llamaConfig } from "../model/llama-config";
import type { ModelName } from "../results/schema";
import { flopsPerToken, machineMemory, needsRecompute, planMemory } from "../train/training-cost";
import { STAGE_DEFAULTS } from "../train/training-stage";
import { checkpointWords } from "../train/words-seen";
import { fineTuneTasks, zeroShotTasks } from "./evaluate-run";
import type { StageNode } from "./stage-graph";
import type { Workspace } from "./workspace";

export interface StageNeeds {
  minutes: number;
  memoryMb: number;
  threads: number;
  gpu: number;
}

export interface Rates {
  /** Sustained training rate of one job, in floating-point operations per second. */
  flops: number;
  /** Threads of one job. */
  threads: number;
  /** GPUs of a training and of an evaluation. */
  gpu: number;
}

/** Bytes per word of English text and tokens of chat markup; both agree with the BabyLM corpus within a fifth. */
const BYTES_PER_WORD = 5.5;
const TOKENS_PER_WORD = 1.4;
/** The time limit is this multiple of the estimate, and never below the shortest limit. */
const MARGIN = 2;
const SHORTEST_MINUTES = 10;
/** Memory of Node, its libraries and the text of a stage, besides the tensors. */
const PROCESS_MB = 1_500;
/**
 * Bytes of a benchmark's files per token that is scored: the rest of a row is names and labels, and shared beginnings
 * are computed once. About 16 for BLiMP and Zorro, 4 for entity tracking.
 */
const BYTES_PER_SCORED_TOKEN = 10;
/** Bytes of a row of a fine-tuning file per token. */
const BYTES_PER_ROW_TOKEN = 4;

/** What a stage of this workspace needs. */
export function stageNeeds(workspace: Workspace, stage: StageNode, rates: Rates): StageNeeds {
  if (stage.kind === "prepare" || stage.kind === "tokenizer" || stage.kind === "summarise") {
    // Cleaning takes about a second per million words; documents are held in memory.
    const words = wordsOf(workspace);
    const memoryMb = PROCESS_MB + (stage.kind === "summarise" ? 0 : (20 * words) / 1e6);
    return { minutes: limit(words / 5e5), memoryMb: Math.ceil(memoryMb), threads: 1, gpu: 0 };
  }
  const { config, settings } = trainingOf(workspace, stage);
  const { sequenceLength, maxMicroBatchTokens = STAGE_DEFAULTS.maxMicroBatchTokens } = settings;
  const tokens = Math.max(sequenceLength, maxMicroBatchTokens);
  // with a GPU, activations are there, and the host has copies of the weights and moments for checkpoints
  const memory =
    rates.gpu > 0
      ? planMemory(config, 0, true).total
      : planMemory(config, tokens, needsRecompute(config, tokens, machineMemory())).total;
  return {
    minutes: limit(stageFlops(workspace, stage) / rates.flops),
    memoryMb: Math.ceil(PROCESS_MB + (1.5 * memory) / 1e6),
    threads: rates.threads,
    gpu: rates.gpu,
  };
}

/** Floating-point operations that a stage takes, estimated from the bytes of its text; none for preparation and summaries. */
export function stageFlops(workspace: Workspace, stage: StageNode): number {
  if (stage.kind === "prepare" || stage.kind === "tokenizer" || stage.kind === "summarise") return 0;
  const { config, settings, run, task } = trainingOf(workspace, stage);
  const training = flopsPerToken(config, settings.sequenceLength);
  switch (stage.kind) {
    case "pretrain":
      return training * wordsOf(workspace) * TOKENS_PER_WORD * settings.epochs;
    case "instruct": {
      const sources = CURRICULA[run!.variant].at(-1)!.sources.length;
      const most = Math.min(INSTRUCTION_WORDS[workspace.scale], wordsOf(workspace));
      return training * most * TOKENS_PER_WORD * settings.epochs * (sources > 1 ? 1 : 0.8);
    }
    case "zero-shot": {
      const found = zeroShotTasks(workspace, run!).find((p) => p.task === task);
      return scoringFlops(config, found?.dataFolder) * (task === "aoa" ? checkpointsScored(workspace) : 1);
    }
    case "learning-curve": {
      const { present } = availableTasks(workspace.dataFolder, workspace.suite);
      const scored = present.filter((p) => CURVE_TASKS[workspace.scale].includes(p.task));
      const each = scored.reduce((sum, { dataFolder }) => sum + scoringFlops(config, dataFolder), 0);
      return checkpointsScored(workspace) * each;
    }
    case "finetune": {
      const { maxTrainRows, maxValidRows, epochs, maxLength } = FINETUNING[workspace.scale][task as FineTuneTaskName];
      const folder = fineTuneTasks(workspace).find((p) => p.task === task)?.dataFolder ?? "";
      const tokens = (part: string, most: number | null) => {
        const file = path.join(folder, `${task}.${part}.jsonl`);
        const rowBytes = meanRowBytes(file);
        const rows = Math.min(most ?? Number.POSITIVE_INFINITY, fileBytes(file) / rowBytes);
        return rows * Math.min(maxLength, rowBytes / BYTES_PER_ROW_TOKEN);
      };
      // classified from the last token, without the output matrix; from the first, one token of each row is computed
      return layerWeights(config) * epochs * (6 * tokens("train", maxTrainRows) + 2 * tokens("valid", maxValidRows));
    }
  }
}

/** The model of a stage, its training settings, and the task or tuned run, if any. */
function trainingOf(workspace: Workspace, stage: StageNode) {
  const [, target = "", task = ""] = stage.id.split("/");
  const isOfModel = stage.kind === "pretrain" || stage.kind === "learning-curve";
  const run = isOfModel ? null : findRun(target);
  const { name: _, ...sizes } = MODELS[workspace.scale][run === null ? (target as ModelName) : run.model];
  const settings = isOfModel ? PRETRAINING[workspace.scale] : INSTRUCTION[workspace.scale];
  return { config: llamaConfig(sizes), settings, run, task };
}

const wordsOf = (workspace: Workspace) => textBytes(workspace.dataFolder) / BYTES_PER_WORD;

/** Operations for scoring all items of a task. */
function scoringFlops(config: LlamaConfig, dataFolder = ""): number {
  const weights = layerWeights(config) + config.vocabSize * config.hiddenSize; // the output matrix
  return (2 * weights * textBytes(dataFolder, "")) / BYTES_PER_SCORED_TOKEN;
}

/** Number of weights without embedding and output matrix. */
function layerWeights(config: LlamaConfig): number {
  const matrices = config.tieWordEmbeddings ? 1 : 2;
  return countParameters(config) - matrices * config.vocabSize * config.hiddenSize;
}

/** Number of checkpoints that pre-training saves. */
function checkpointsScored(workspace: Workspace): number {
  const words = wordsOf(workspace) * PRETRAINING[workspace.scale].epochs;
  return checkpointWords(words, CHECKPOINTS[workspace.scale]).length;
}

/** Mean size of the first rows of a file, from its first 64 KB; 1 if it has none. */
function meanRowBytes(file: string): number {
  if (!fs.existsSync(file)) return 1;
  const head = Buffer.alloc(65_536);
  const opened = fs.openSync(file, "r");
  const read = fs.readSync(opened, head, 0, head.length, 0);
  fs.closeSync(opened);
  const rows = head.subarray(0, read).filter((byte) => byte === 10).length;
  return Math.max(1, read / Math.max(1, rows));
}

const limit = (seconds: number) => Math.max(SHORTEST_MINUTES, Math.ceil((MARGIN * seconds) / 60));

/** Total size of the files with this ending below a folder, without evaluation data. */
function textBytes(folder: string, ending = ".train"): number {
  if (!fs.existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += entry.name === "evaluation_data" ? 0 : textBytes(full, ending);
    else if (entry.name.endsWith(ending)) bytes += fileBytes(full);
  }
  return bytes;
}

const fileBytes = (file: string) => (fs.existsSync(file) ? fs.statSync(file).size : 0);
