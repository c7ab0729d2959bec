/**
 * @file Exports a training stage of a reproduction for PyTorch, and imports its result as if it had been trained here.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { findRun } from "../experiments/runs";
import { loadHuggingFace, saveHuggingFace } from "../model/checkpoint/hugging-face";
import type { ModelName } from "../results/schema";
import { adoptStage, stageFingerprints } from "../train/loop";
import { readTorchResult, torchCheckpoints, writeTorchExport } from "../train/torch-export";
import { checkpointName } from "../train/words-seen";
import { writeJson } from "../util/jsonl";
import { instructionInputs } from "./instruct";
import { pretrainingInputs, type StageInputs } from "./pretrain";
import { type Report, runStage } from "./stage-graph";
import { loadTokenizer } from "./train-tokenizer";
import { runFolder, type Workspace } from "./workspace";

/**
 * Write the inputs of a training stage, and the script that trains it.
 *
 * @param id - `pretrain/<model>` or `instruct/<run>`; the stages that it needs are finished
 * @param script - `train_ddp.py`, copied into the folder
 * @returns number of updates of the training
 * @throws Error for another stage, or if the earlier stages are not finished
 */
export async function exportTorch(workspace: Workspace, id: string, folder: string, script: string): Promise<number> {
  const { llama, data, settings, options, release } = stageInputs(workspace, id).inputs;
  const fingerprints = await stageFingerprints(llama, data, settings, options.fingerprints);
  const updates = await writeTorchExport(folder, llama, data.train, settings, fingerprints, checkpointName);
  fs.copyFileSync(script, path.join(folder, path.basename(script)));
  release();
  return updates;
}

/**
 * Import the trained weights, losses and checkpoints of an export as the result of its stage. The stage then counts as
 * finished; `<run>/torch.json` records what trained it.
 *
 * @throws Error if the training is not finished, or the workspace's stage differs from the exported one
 */
export async function importTorch(workspace: Workspace, id: string, folder: string, report: Report): Promise<void> {
  const { inputs, runId, model } = stageInputs(workspace, id);
  const { llama, data, settings, options, release } = inputs;
  const fingerprints = await stageFingerprints(llama, data, settings, options.fingerprints);
  const trained = readTorchResult(folder, fingerprints);
  await adoptStage(llama, data, settings, options, await trained.model.values(), trained.losses);
  trained.model.dispose();
  release();
  const tokenizer = loadTokenizer(workspace, model);
  for (const checkpoint of torchCheckpoints(folder)) {
    const weights = loadHuggingFace(checkpoint.folder);
    await saveHuggingFace(path.join(runFolder(workspace, runId), "checkpoints", checkpoint.name), weights, tokenizer);
    weights.dispose();
  }
  writeJson(path.join(runFolder(workspace, runId), "torch.json"), trained.made);
  await runStage(workspace, id, report);
}

function stageInputs(workspace: Workspace, id: string): { inputs: StageInputs; runId: string; model: ModelName } {
  const [kind, target] = id.split("/");
  if (kind === "pretrain" && target !== undefined) {
    const { runId, model } = findRun(`${target}-base`);
    return { inputs: pretrainingInputs(workspace, model), runId, model };
  }
  if (kind === "instruct" && target !== undefined) {
    const run = findRun(target);
    return { inputs: instructionInputs(workspace, run), ...run };
  }
  throw new Error(
    `stage "${id}" is not a training stage; want pretrain/<model> or instruct/<run>, see "npm run class-it -- stages"`,
  );
}
