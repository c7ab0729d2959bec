/** @file Pre-training: every document as `<s> text </s>`, with next-token prediction. */

import * as fs from "node:fs";
import * as path from "node:path";
import { availableTasks } from "../eval/available-tasks";
import { kindOf } from "../eval/kinds/index";
import { CHECKPOINTS, MODELS, PRETRAINING, type TrainingSettings } from "../experiments/models";
import { findRun } from "../experiments/runs";
import { saveHuggingFace } from "../model/checkpoint/hugging-face";
import { Llama } from "../model/llama";
import { llamaConfig } from "../model/llama-config";
import type { ModelName } from "../results/schema";
import { zeroShotTask } from "../tasks/index";
import { Tokenizer } from "../tokenizer/tokenizer";
import { joined } from "../train/batch";
import { documentExample } from "../train/examples";
import { trainStage } from "../train/loop";
import { openTokenStore, type TokenStore } from "../train/token-store";
import {
  type Packing,
  STAGE_DEFAULTS,
  type StageData,
  type StageOptions,
  type StageSettings,
} from "../train/training-stage";
import { checkpointName, checkpointWords, wordsPerEpoch } from "../train/words-seen";
import { Rng } from "../util/rng";
import { sha256File } from "../util/sha256";
import { once } from "./once";
import { readDocuments } from "./prepare";
import { runCard } from "./run-card";
import { loadTokenizer } from "./train-tokenizer";
import { instructionExamples, PRETRAINED, publishTraining, writeTraining } from "./training-record";
import { modelFolder, preparedFolder, runFolder, tokenizerFolder, type Workspace } from "./workspace";

/**
 * Train one shape from random weights, and save checkpoints by words seen. Returns immediately if it was done with the
 * same inputs.
 */
export async function pretrain(
  workspace: Workspace,
  model: ModelName,
  report: (share: number, note: string) => void,
): Promise<void> {
  const runId = `${model}-base`;
  const folder = runFolder(workspace, runId);
  const tokenizer = loadTokenizer(workspace, model);
  const shape = MODELS[workspace.scale][model];
  const settings = PRETRAINING[workspace.scale];
  const tokenizerHash = sha256File(path.join(tokenizerFolder(workspace, model), "tokenizer.json"));
  const dataHash = sha256File(path.join(preparedFolder(workspace), "documents-train.jsonl"));
  const inputs = { shape, settings, seed: workspace.seed, tokenizer: tokenizerHash, data: dataHash };
  await once(path.join(folder, "trained.json"), inputs, PRETRAINED, async () => {
    const { llama, data, settings, words, options, release } = pretrainingInputs(workspace, model);
    const result = await trainStage(llama, data, settings, {
      ...options,
      onStep: (row) => report(row.words / words, `loss ${row.lossNats.toFixed(2)}`),
      onWords: (seen, current) =>
        saveHuggingFace(path.join(folder, "checkpoints", checkpointName(seen)), current, tokenizer),
    });
    const card = runCard(workspace, findRun(runId), llama.config, {
      validationLossNats: result.validation,
      precisions: result.precisions,
    });
    await saveHuggingFace(modelFolder(workspace, runId), llama, tokenizer, card);
    writeTraining(workspace, runId, llama, [result]);
    release();
  });
  publishTraining(workspace, runId);
}

/** What a training stage of a run starts from. */
export interface StageInputs {
  llama: Llama;
  data: StageData;
  settings: StageSettings;
  /** Words that the stage sees in all its epochs. */
  words: number;
  options: StageOptions;
  /** Frees the model and closes the data. */
  release: () => void;
}

/** The pre-training of a shape: fresh weights, every document. */
export function pretrainingInputs(workspace: Workspace, model: ModelName): StageInputs {
  const tokenizer = loadTokenizer(workspace, model);
  const { name: _, ...sizes } = MODELS[workspace.scale][model];
  const llama = Llama.init(llamaConfig(sizes), Rng.fromSeed(workspace.seed).fork(`${model}/init`));
  const stage = stageSettings("pretrain", PRETRAINING[workspace.scale], "stream", `${workspace.seed}/${model}`);
  const folder = tokenizerFolder(workspace, model);
  const train = documentExamples(workspace, "train", model, folder);
  const held = documentExamples(workspace, "validation", model, folder);
  const replies = instructionExamples(workspace, "validation", tokenizer).examples;
  const words = wordsPerEpoch(train, stage) * stage.epochs;
  const wordCheckpoints = wantsCheckpoints(workspace) ? checkpointWords(words, CHECKPOINTS[workspace.scale]) : [];
  return {
    llama,
    data: { train, validation: joined(held, replies) },
    settings: { ...stage, wordCheckpoints },
    words,
    options: stageOptions(workspace, `${model}-base`, model),
    release: () => {
      llama.dispose();
      train.close();
      held.close();
    },
  };
}

/** Folder of a run's stages, and the tokenizer that a resumed run must still have. */
export const stageOptions = (workspace: Workspace, runId: string, model: ModelName): StageOptions => ({
  runFolder: runFolder(workspace, runId),
  fingerprints: { "tokenizer.json": sha256File(path.join(tokenizerFolder(workspace, model), "tokenizer.json")) },
});

/** Convert settings of `experiments/` to those of the training loop. */
export function stageSettings(name: string, settings: TrainingSettings, packing: Packing, seed: string): StageSettings {
  return { ...STAGE_DEFAULTS, ...settings, name, packing, seed };
}

/**
 * Documents of one side as `<s> text </s>`, with loss on every token after the first. They are tokenized once, into
 * `prepared/<name>-<side>.tokens`; the caller closes that file.
 *
 * @param name - of the tokenizer; each has its own files
 * @param folder - of the tokenizer
 */
export function documentExamples(
  workspace: Workspace,
  side: "train" | "validation",
  name: string,
  folder: string,
): TokenStore {
  const names = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];
  const files = [
    path.join(preparedFolder(workspace), `documents-${side}.jsonl`),
    ...names.map((file) => path.join(folder, file)).filter((file) => fs.existsSync(file)),
  ];
  const inputs = Object.fromEntries(files.map((file) => [path.basename(file), sha256File(file)]));
  return openTokenStore(path.join(preparedFolder(workspace), `${name}-${side}.tokens`), inputs, () => {
    const tokenizer = Tokenizer.load(folder);
    const examples = function* () {
      for (const document of readDocuments(workspace, side)) yield documentExample(document, tokenizer);
    };
    return { vocabSize: tokenizer.vocabSize, examples: examples() };
  });
}

/** The BabyLM checkpoints serve age of acquisition and take disk space, so they are saved only if its data exists. */
function wantsCheckpoints(workspace: Workspace): boolean {
  if (CHECKPOINTS[workspace.scale] === "every-million") return true;
  return availableTasks(workspace.dataFolder, "full").present.some(
    ({ task }) => kindOf(zeroShotTask(task)).needsCheckpoints,
  );
}
