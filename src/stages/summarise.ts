/** @file Writes the small committed results of one run from the files of its stages. */

import { DEFAULT_PROMPT_FORM } from "../augmentation/prompt-form";
import { OFFICIAL } from "../eval/scoring-mode";
import { CURRICULA } from "../experiments/curricula";
import { FINETUNING } from "../experiments/finetuning";
import { INSTRUCTION, MODELS, PRETRAINING } from "../experiments/models";
import type { Run } from "../experiments/runs";
import type { RunSummary } from "../results/schema";
import { writeConfig, writeSummary } from "../results/write";
import { readFineTuning, readZeroShot } from "./evaluate-run";
import { parentOf } from "./instruct";
import { writeRunCard } from "./run-card";
import { precisionsOf, readTraining } from "./training-record";
import { resultFolder, type Workspace } from "./workspace";

/** The run and those that it starts from. */
function chainOf(run: Run): Run[] {
  return run.variant === "base" ? [run] : [run, ...chainOf(parentOf(run))];
}

/**
 * Write `config.json` and `summary.json` of a run whose stages have all finished, and add the scores to its model card.
 */
export function summarise(workspace: Workspace, run: Run): RunSummary {
  const training = readTraining(workspace, run.runId);
  const trainings = chainOf(run).map(({ runId }) => readTraining(workspace, runId));
  const zeroShot = readZeroShot(workspace, run);
  const fineTuning = readFineTuning(workspace, run);
  const summary: RunSummary = {
    ...run,
    seed: workspace.seed,
    scale: workspace.scale,
    world: workspace.world,
    protocol: OFFICIAL.protocol,
    promptForm: DEFAULT_PROMPT_FORM,
    parameters: training.parameters,
    validationLossNats: training.validationLossNats,
    scores: [...zeroShot.scores, ...fineTuning.scores],
    experiments: [...zeroShot.experiments, ...fineTuning.experiments],
    absent: [...zeroShot.absent, ...fineTuning.absent],
    ...precisionsOf([...trainings, fineTuning]),
  };
  writeRunCard(workspace, run, summary);
  const folder = resultFolder(workspace, run.runId);
  writeSummary(folder, summary);
  writeConfig(folder, {
    ...run,
    seed: workspace.seed,
    scale: workspace.scale,
    world: workspace.world,
    suite: workspace.suite,
    model: MODELS[workspace.scale][run.model],
    curriculum: CURRICULA[run.variant],
    pretraining: PRETRAINING[workspace.scale],
    instruction: run.variant === "base" ? null : INSTRUCTION[workspace.scale],
    fineTuning: FINETUNING[workspace.scale],
  });
  return summary;
}
