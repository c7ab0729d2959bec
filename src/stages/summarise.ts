/** @file From what the stages left to the small committed results of one run. */

import { CURRICULA } from "../experiments/curricula";
import { FINETUNING } from "../experiments/finetuning";
import { INSTRUCTION, MODELS, PRETRAINING } from "../experiments/models";
import type { Run } from "../experiments/runs";
import type { RunSummary } from "../results/schema";
import { writeConfig, writeSummary } from "../results/write";
import { readFineTuning, readZeroShot } from "./evaluate-run";
import { writeRunCard } from "./model-card";
import { readTraining } from "./training-record";
import { resultFolder, type Workspace } from "./workspace";

/** Write `config.json` and `summary.json` of a run whose stages have all finished, and the scores onto its model card. */
export function summarise(w: Workspace, run: Run): RunSummary {
  const training = readTraining(w, run.runId);
  const zeroShot = readZeroShot(w, run);
  const fineTuning = readFineTuning(w, run);
  const summary: RunSummary = {
    ...run,
    seed: w.seed,
    scale: w.scale,
    world: w.world,
    parameters: training.parameters,
    validationLossNats: training.validationLossNats,
    scores: [...zeroShot.scores, ...fineTuning.scores],
    experiments: [...zeroShot.experiments, ...fineTuning.experiments],
    absent: [...zeroShot.absent, ...fineTuning.absent],
  };
  writeRunCard(w, run, summary.validationLossNats, summary.scores);
  const folder = resultFolder(w, run.runId);
  writeSummary(folder, summary);
  writeConfig(folder, {
    ...run,
    seed: w.seed,
    scale: w.scale,
    world: w.world,
    suite: w.suite,
    model: MODELS[w.scale][run.model],
    curriculum: CURRICULA[run.variant],
    pretraining: PRETRAINING[w.scale],
    instruction: run.variant === "base" ? null : INSTRUCTION[w.scale],
    fineTuning: FINETUNING[w.scale],
  });
  return summary;
}
