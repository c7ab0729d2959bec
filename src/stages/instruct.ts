/**
 * @file Instruction tuning: the last stage of a variant's curriculum, starting from the model of the previous stage.
 */

import * as path from "node:path";
import { CURRICULA, VARIANTS } from "../experiments/curricula";
import { INSTRUCTION } from "../experiments/models";
import { findRun, type Run } from "../experiments/runs";
import { loadHuggingFace, saveHuggingFace } from "../model/checkpoint/hugging-face";
import { trainStage } from "../train/loop";
import { wordsPerEpoch } from "../train/words-seen";
import { sha256File } from "../util/sha256";
import type { PromptCut } from "./fit-pair";
import { once } from "./once";
import { type StageInputs, stageOptions, stageSettings } from "./pretrain";
import { runCard } from "./run-card";
import { loadTokenizer } from "./train-tokenizer";
import { INSTRUCTED, instructionExamples, publishTraining, writePromptCuts, writeTraining } from "./training-record";
import { modelFolder, preparedFolder, runFolder, type Workspace } from "./workspace";

/**
 * The run whose model this one starts from: `wide-switch` for `wide-switch-wiki`, `wide-base` for `wide-switch`. So a
 * first stage is trained once and shared.
 *
 * @throws Error for a base run, which has no parent
 */
export function parentOf(run: Run): Run {
  const stages = CURRICULA[run.variant];
  if (stages.length === 0) throw new Error(`parentOf: ${run.runId} is pre-trained, not tuned`);
  const before = JSON.stringify(stages.slice(0, -1));
  const variant = VARIANTS[run.model].find((v) => JSON.stringify(CURRICULA[v]) === before);
  if (variant === undefined) throw new Error(`parentOf: no run trains the stages before the last of ${run.runId}`);
  return findRun(`${run.model}-${variant}`);
}

/**
 * Train the last stage of a run's curriculum: instruction tuning, or the control's further pre-training on the same
 * pairs. Returns immediately if it was done with the same inputs.
 */
export async function instruct(
  workspace: Workspace,
  run: Run,
  report: (share: number, note: string) => void,
): Promise<void> {
  const stages = CURRICULA[run.variant];
  const parent = parentOf(run);
  const settings = INSTRUCTION[workspace.scale];
  const folder = runFolder(workspace, run.runId);
  const parentWeights = path.join(modelFolder(workspace, parent.runId), "model.safetensors");
  const data = path.join(preparedFolder(workspace), "instructions-train.jsonl");
  const inputs = { stages, settings, seed: workspace.seed, parent: sha256File(parentWeights), data: sha256File(data) };
  await once(path.join(folder, "trained.json"), inputs, INSTRUCTED, async () => {
    const tokenizer = loadTokenizer(workspace, run.model);
    const { llama, data, settings, words, options, cuts, release } = instructionInputs(workspace, run);
    const result = await trainStage(llama, data, settings, {
      ...options,
      onStep: (row) => report(row.words / words, `loss ${row.lossNats.toFixed(2)}`),
    });
    const card = runCard(workspace, run, llama.config, {
      validationLossNats: result.validation,
      precisions: result.precisions,
    });
    await saveHuggingFace(modelFolder(workspace, run.runId), llama, tokenizer, card);
    writeTraining(workspace, run.runId, llama, [result]);
    writePromptCuts(workspace, run.runId, cuts);
    release();
  });
  publishTraining(workspace, run.runId);
}

/** The last stage of a run's curriculum: the weights of the stages before it, the stage's pairs. */
export function instructionInputs(workspace: Workspace, run: Run): StageInputs & { cuts: PromptCut[] } {
  const tokenizer = loadTokenizer(workspace, run.model);
  const llama = loadHuggingFace(modelFolder(workspace, parentOf(run).runId));
  const stages = CURRICULA[run.variant];
  const stage = stages[stages.length - 1];
  const name = `instruct-${stages.length}-${stage.name}`;
  const settings = stageSettings(name, INSTRUCTION[workspace.scale], "examples", `${workspace.seed}/${run.model}`);
  const train = instructionExamples(workspace, "train", tokenizer, stage);
  // held-out replies of both sources, trained on or not, to measure forgetting
  const validation = instructionExamples(workspace, "validation", tokenizer);
  return {
    llama,
    data: { train: train.examples, validation: validation.examples },
    settings,
    words: wordsPerEpoch(train.examples, settings) * settings.epochs,
    options: stageOptions(workspace, run.runId, run.model),
    release: () => llama.dispose(),
    cuts: [...train.cuts, ...validation.cuts],
  };
}
