/** @file Records of a training for the results, and the instruction pairs as training examples. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { InstructionStage } from "../experiments/curricula";
import { INSTRUCTION } from "../experiments/models";
import { countParameters } from "../model/count-parameters";
import type { Llama } from "../model/llama";
import type { ValidationLoss } from "../results/schema";
import { publish, writeCsv } from "../results/write";
import type { Precision } from "../tensor";
import type { Tokenizer } from "../tokenizer/tokenizer";
import type { StageResult, TrainingExample } from "../train/training-stage";
import { MANIFEST } from "../util/manifest";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { fitPairs, type PromptCut } from "./fit-pair";
import { readInstructions } from "./prepare";
import { resultFolder, runFolder, type Workspace } from "./workspace";

export interface TrainingRecord {
  parameters: number;
  validationLossNats: ValidationLoss[];
  /** Precisions of the updates' matrix products; absent: all float32. */
  precisions?: Precision[];
}

const RECORD = "training.json";
const LOSSES = "losses.csv";
const CUTS = "prompt-cuts.csv";

/** Files of a trained model in its run's folder. */
export const TRAINED = [
  RECORD,
  ...["config.json", "model.safetensors", "tokenizer.json", MANIFEST].map((name) => `model/${name}`),
];

/** Files that pre-training and instruction tuning write to their run's folder. */
export const PRETRAINED = [...TRAINED, LOSSES];
export const INSTRUCTED = [...PRETRAINED, CUTS];

const recordFile = (workspace: Workspace, runId: string) => path.join(runFolder(workspace, runId), RECORD);
/** Read the record that `writeTraining` wrote to the run's folder. */
export const readTraining = (workspace: Workspace, runId: string) =>
  readSealedJson<TrainingRecord>(recordFile(workspace, runId), RETRAIN);
const RETRAIN = "put the file back, or remove trained.json beside it to write it again";

/** Maximum rows of `losses.csv`, each the mean over a window of updates: enough for a curve, small enough to commit. */
const MOST_LOSS_ROWS = 300;

/** Write `training.json` and `losses.csv` to the run's folder. */
export function writeTraining(workspace: Workspace, runId: string, llama: Llama, stages: readonly StageResult[]): void {
  const record: TrainingRecord = {
    parameters: countParameters(llama.config),
    validationLossNats: stages.flatMap(({ stage, validation }) => validation.map((loss) => ({ stage, ...loss }))),
    ...precisionsOf(stages),
  };
  writeSealedJson(recordFile(workspace, runId), record);
  const rows = stages.flatMap((stage) => {
    const window = Math.max(1, Math.ceil(stage.losses.length / MOST_LOSS_ROWS));
    return chunks(stage.losses, window).map((part) => {
      const last = part[part.length - 1];
      const mean = part.reduce((sum, row) => sum + row.lossNats, 0) / part.length;
      return [stage.stage, last.step, last.epoch, last.words, last.learningRate, mean, last.gradNorm].map(short);
    });
  });
  const columns = ["stage", "step", "epoch", "words", "learningRate", "lossNats", "gradNorm"];
  writeCsv(path.join(runFolder(workspace, runId), LOSSES), columns, rows);
}

/**
 * Write `prompt-cuts.csv` to the run's folder: what was cut from its training and validation prompts to fit the sequence
 * length.
 */
export function writePromptCuts(workspace: Workspace, runId: string, cuts: readonly PromptCut[]): void {
  const columns = Object.keys(cuts[0]) as (keyof PromptCut)[];
  const rows = cuts.map((cut) => columns.map((column) => cut[column]));
  writeCsv(path.join(runFolder(workspace, runId), CUTS), columns, rows);
}

/**
 * Copy both tables to the results; called on every run of the stage, so that damaged or removed results are written
 * again. Runs of earlier versions, which wrote to the results alone, are left as they are.
 */
export function publishTraining(workspace: Workspace, runId: string): void {
  for (const name of [LOSSES, CUTS]) {
    const file = path.join(runFolder(workspace, runId), name);
    if (fs.existsSync(file)) publish(file, resultFolder(workspace, runId), name);
  }
}

/**
 * Prompt and reply pairs under the chat template, with prompts cut to the scale's sequence length and loss only on the
 * reply and the closing `</s>`. Their source is `switchboard-replies` or `simple_wiki-replies`, since a loss on replies
 * is not comparable with one on running text.
 *
 * @param stage - gives the sources, and whether they are plain text; default: both sources under the template
 */
export function instructionExamples(
  workspace: Workspace,
  side: "train" | "validation",
  tokenizer: Tokenizer,
  { sources = ["switchboard", "simple_wiki"], asText }: Partial<InstructionStage> = {},
): { examples: TrainingExample[]; cuts: PromptCut[] } {
  const rows = [...readInstructions(workspace, side)].filter((row) => sources.includes(row.source));
  const maxTokens = INSTRUCTION[workspace.scale].sequenceLength + 1; // the last token is a target only, so it is not an input
  return fitPairs(rows, tokenizer, { maxTokens, side, asText });
}

/** The union, or nothing if all are float32. */
export function precisionsOf(parts: readonly { precisions?: readonly Precision[] }[]): { precisions?: Precision[] } {
  const precisions = [...new Set(parts.flatMap(({ precisions = ["float32"] }) => precisions))];
  return precisions.join() === "float32" || precisions.length === 0 ? {} : { precisions };
}

const short = (value: string | number) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);

function chunks<T>(items: readonly T[], size: number): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += size) out.push(items.slice(i, i + size));
  return out;
}
