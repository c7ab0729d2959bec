/** @file The evaluation of one run of a reproduction: zero-shot scores and fine-tuning, each with its experiment beside it. */

import * as path from "node:path";
import { availableGlue, availableTasks } from "../eval/available-tasks";
import { scoringMode } from "../eval/scoring-mode";
import { FINETUNE_TASKS, FINETUNING } from "../experiments/finetuning";
import type { Run } from "../experiments/runs";
import type { Pooling } from "../model/sequence-classifier";
import type { AbsentTask, TaskScore } from "../results/schema";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256File } from "../util/sha256";
import { fineTuneModel, poolingMode } from "./finetune-model";
import { once } from "./once";
import { scoreModel } from "./score-model";
import { modelFolder, runFolder, type Workspace } from "./workspace";

/** What a stage of evaluation leaves for `summarise`. */
export interface EvaluationRecord {
  scores: TaskScore[];
  experiments: TaskScore[];
  absent: AbsentTask[];
}

/** Tasks that are scored a second time with a named correction, beside the official number. */
const EXPERIMENTS: Record<string, string> = { reading: "reading-blank" };

const zeroShotFile = (w: Workspace, runId: string) => path.join(runFolder(w, runId), "zero-shot.json");
const fineTuningFile = (w: Workspace, runId: string) => path.join(runFolder(w, runId), "finetune.json");

/** What `zeroShot` left. */
export const readZeroShot = (w: Workspace, runId: string) =>
  readSealedJson<EvaluationRecord>(zeroShotFile(w, runId), "remove it and zero-shot.done.json to score again");
/** What `fineTuneAll` left. */
export const readFineTuning = (w: Workspace, runId: string) =>
  readSealedJson<EvaluationRecord>(fineTuningFile(w, runId), "remove it and finetune.done.json to fine-tune again");

/** Results of the official mode, and of each other mode in a folder of its own. */
const resultsOf = (w: Workspace, runId: string, mode: string) =>
  path.join(runFolder(w, runId), mode === "official" ? "official" : `mode-${mode}`);

/** All zero-shot tasks whose data are there. */
export async function zeroShot(w: Workspace, run: Run, report: (share: number, note: string) => void): Promise<void> {
  const folder = runFolder(w, run.runId);
  const found = availableTasks(w.dataFolder, w.suite);
  const weights = sha256File(path.join(modelFolder(w, run.runId), "model.safetensors"));
  const tasks = found.present.map(({ task }) => task);
  const inputs = { weights, suite: w.suite, tasks, experiments: EXPERIMENTS };
  await once(path.join(folder, "zero-shot.done.json"), inputs, ["zero-shot.json"], async () => {
    const score = (mode: string, present = found.present) =>
      scoreModel({
        modelFolder: modelFolder(w, run.runId),
        name: run.runId,
        tasks: { present, absent: found.absent },
        outFolder: resultsOf(w, run.runId, mode),
        mode: scoringMode(mode),
        checkpointsFolder: path.join(folder, "checkpoints"),
        whyNoCheckpoints: "needs the checkpoints of pre-training, which a tuned model shares with its base",
        onProgress: (task, done, total) => report((tasks.indexOf(task) + done / total) / tasks.length, task),
      });
    const official = await score("official");
    const record: EvaluationRecord = { scores: official.scores, experiments: [], absent: official.absent };
    for (const [task, mode] of Object.entries(EXPERIMENTS)) {
      const present = found.present.filter((p) => p.task === task);
      if (present.length > 0) record.experiments.push(...(await score(mode, present)).scores);
    }
    writeSealedJson(zeroShotFile(w, run.runId), record);
  });
}

/**
 * The seven (Super)GLUE tasks, each twice: classified from the last real token (the score), and from the first, as the
 * official script does for causal models (an experiment: the model sees one token there).
 */
export async function fineTuneAll(
  w: Workspace,
  run: Run,
  report: (share: number, note: string) => void,
): Promise<void> {
  const { present, absent } = availableGlue(w.dataFolder);
  const weights = sha256File(path.join(modelFolder(w, run.runId), "model.safetensors"));
  const settings = FINETUNING[w.scale];
  const inputs = { weights, settings, seed: w.seed };
  await once(path.join(runFolder(w, run.runId), "finetune.done.json"), inputs, ["finetune.json"], async () => {
    const record: EvaluationRecord = { scores: [], experiments: [], absent };
    const chosen = FINETUNE_TASKS.flatMap((task) =>
      present.filter((p) => p.task === task).map((p) => ({ ...p, task })),
    );
    for (const [i, { task, dataFolder }] of chosen.entries()) {
      const tune = (pooling: Pooling, onProgress?: (done: number, total: number) => void) =>
        fineTuneModel({
          modelFolder: modelFolder(w, run.runId),
          name: run.runId,
          task,
          dataFolder,
          outFolder: resultsOf(w, run.runId, poolingMode(pooling).name),
          settings: settings[task],
          pooling,
          seed: w.seed,
          onProgress,
        });
      const last = await tune("last_real", (done, total) => report((i + done / total) / chosen.length, task));
      record.scores.push(last.score);
      record.experiments.push((await tune("first")).score);
    }
    writeSealedJson(fineTuningFile(w, run.runId), record);
  });
}
