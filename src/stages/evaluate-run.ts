/** @file The evaluation of one run of a reproduction, task by task: zero-shot scores and fine-tuning, each with its experiment. */

import * as fs from "node:fs";
import * as path from "node:path";
import { availableGlue, availableTasks, type PresentTask } from "../eval/available-tasks";
import { kindOf } from "../eval/kinds/index";
import { scoringMode } from "../eval/scoring-mode";
import { FINETUNE_TASKS, FINETUNING, type FineTuneTaskName } from "../experiments/finetuning";
import type { Run } from "../experiments/runs";
import { extraMode } from "../experiments/scoring";
import type { Pooling } from "../model/sequence-classifier";
import type { AbsentTask, TaskScore } from "../results/schema";
import { zeroShotTask } from "../tasks/index";
import { initBackend, type Precision } from "../tensor";
import { oneOf } from "../util/check";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256File } from "../util/sha256";
import { fineTuneModel, poolingMode } from "./finetune-model";
import { once } from "./once";
import { type LoadedModel, loadModel, scoreModel } from "./score-model";
import { precisionsOf } from "./training-record";
import { modelFolder, runFolder, type Workspace } from "./workspace";

/** Record of a run's evaluation, read by `summarise`. */
export interface EvaluationRecord {
  scores: TaskScore[];
  experiments: TaskScore[];
  absent: AbsentTask[];
  /** Precisions of the fine-tuning's matrix products; absent: all float32. */
  precisions?: Precision[];
}

type Report = (share: number, note: string) => void;

const NO_CHECKPOINTS = "needs the checkpoints of pre-training, which a tuned model shares with its base";

const recordFile = (workspace: Workspace, runId: string, stage: "zero-shot" | "finetune", task: string) =>
  path.join(runFolder(workspace, runId), stage, `${task}.json`);

/** Result folder: one for the official mode, and one for each other mode. */
const resultsOf = (workspace: Workspace, runId: string, mode: string) =>
  path.join(runFolder(workspace, runId), mode === "official" ? "official" : `mode-${mode}`);

/** The zero-shot tasks of a run that have data, in the pipeline's order. */
export function zeroShotTasks(workspace: Workspace, run: Run): PresentTask[] {
  const { present } = availableTasks(workspace.dataFolder, workspace.suite);
  return present.filter(({ task }) => run.variant === "base" || !kindOf(zeroShotTask(task)).needsCheckpoints);
}

/** The fine-tuning tasks that have data, in the pipeline's order. */
export function fineTuneTasks(workspace: Workspace): { task: FineTuneTaskName; dataFolder: string }[] {
  const { present } = availableGlue(workspace.dataFolder);
  return FINETUNE_TASKS.flatMap((task) => present.filter((p) => p.task === task).map((p) => ({ ...p, task })));
}

/** Opens a run's model for scoring. */
export type OpenModel = () => LoadedModel;

/** Call `work` with a function that loads the run's model the first time it is called; the model is freed afterwards. */
export async function withModel(
  workspace: Workspace,
  run: Run,
  work: (openModel: OpenModel) => Promise<void>,
): Promise<void> {
  let loaded: LoadedModel | null = null;
  try {
    await work(() => {
      loaded ??= loadModel(modelFolder(workspace, run.runId));
      return loaded;
    });
  } finally {
    (loaded as LoadedModel | null)?.llama.dispose();
  }
}

/**
 * Score one zero-shot task.
 *
 * @param openModel - called only if the task was not scored before
 * @throws Error listing the tasks with data, for any other task
 */
export async function zeroShot(
  workspace: Workspace,
  run: Run,
  task: string,
  openModel: OpenModel,
  report: Report,
): Promise<void> {
  const tasks = zeroShotTasks(workspace, run);
  const name = oneOf(
    "task with data",
    task,
    tasks.map((p) => p.task),
  );
  const present = tasks.filter((p) => p.task === name);
  const folder = runFolder(workspace, run.runId);
  const weights = sha256File(path.join(modelFolder(workspace, run.runId), "model.safetensors"));
  const experiment = extraMode(name, workspace.world);
  const file = recordFile(workspace, run.runId, "zero-shot", name);
  await once(doneFile(file), { weights, suite: workspace.suite, experiment }, [path.basename(file)], async () => {
    const score = (mode: string) =>
      scoreModel({
        modelFolder: modelFolder(workspace, run.runId),
        loaded: openModel(),
        name: run.runId,
        tasks: { present, absent: [] },
        outFolder: resultsOf(workspace, run.runId, mode),
        mode: scoringMode(mode),
        checkpointsFolder: path.join(folder, "checkpoints"),
        whyNoCheckpoints: NO_CHECKPOINTS,
        onProgress: (_, done, total) => report(done / total, name),
      });
    const official = await score("official");
    const experiments = experiment === null ? [] : (await score(experiment)).scores;
    writeSealedJson(file, { scores: official.scores, experiments, absent: official.absent } satisfies EvaluationRecord);
  });
}

/**
 * Fine-tune on one (Super)GLUE task, twice: classified from the last real token (the score), and from the first token,
 * as the official script does for causal models (an experiment; the first token attends to itself only).
 *
 * @throws Error listing the tasks with data, for any other task
 */
export async function fineTuneOn(workspace: Workspace, run: Run, name: string, report: Report): Promise<void> {
  const tasks = fineTuneTasks(workspace);
  const task = oneOf(
    "fine-tuning task with data",
    name,
    tasks.map((p) => p.task),
  );
  const { dataFolder } = tasks[tasks.findIndex((p) => p.task === task)];
  const weights = sha256File(path.join(modelFolder(workspace, run.runId), "model.safetensors"));
  const settings = FINETUNING[workspace.scale][task];
  const file = recordFile(workspace, run.runId, "finetune", task);
  await once(doneFile(file), { weights, settings, seed: workspace.seed }, [path.basename(file)], async () => {
    const tune = (pooling: Pooling, onProgress?: (done: number, total: number) => void) =>
      fineTuneModel({
        modelFolder: modelFolder(workspace, run.runId),
        name: run.runId,
        task,
        dataFolder,
        outFolder: resultsOf(workspace, run.runId, poolingMode(pooling).name),
        settings,
        mode: poolingMode(pooling),
        seed: workspace.seed,
        onProgress,
      });
    const { training } = (await initBackend()).precisions;
    const last = await tune("last_real", (done, total) => report(done / total, task));
    const first = await tune("first");
    const record: EvaluationRecord = { scores: [last.score], experiments: [first.score], absent: [] };
    writeSealedJson(file, { ...record, ...precisionsOf([{ precisions: [training] }]) });
  });
}

/**
 * Read the records of `zeroShot` for all tasks, and list the tasks without data. @throws Error naming the file of a
 * task not scored yet
 */
export function readZeroShot(workspace: Workspace, run: Run): EvaluationRecord {
  const { present, absent } = availableTasks(workspace.dataFolder, workspace.suite);
  const tasks = zeroShotTasks(workspace, run).map((p) => p.task);
  const withoutCheckpoints = present.filter(({ task }) => !tasks.includes(task));
  return joined(
    tasks.map((task) => recordFile(workspace, run.runId, "zero-shot", task)),
    [...absent, ...withoutCheckpoints.map(({ task }) => ({ task, why: NO_CHECKPOINTS }))],
  );
}

/**
 * Read the records of `fineTuneOn` for all tasks, and list the tasks without data. @throws Error naming the file of a
 * task not done yet
 */
export function readFineTuning(workspace: Workspace, run: Run): EvaluationRecord {
  const files = fineTuneTasks(workspace).map(({ task }) => recordFile(workspace, run.runId, "finetune", task));
  return joined(files, availableGlue(workspace.dataFolder).absent);
}

function joined(files: readonly string[], absent: readonly AbsentTask[]): EvaluationRecord {
  const missing = files.find((file) => !fs.existsSync(file));
  if (missing !== undefined) throw new Error(`${missing}: the task is not done yet; run its stage before "summarise"`);
  const records = files.map((file) =>
    readSealedJson<EvaluationRecord>(file, `remove it and ${path.basename(doneFile(file))} to make it again`),
  );
  return {
    scores: records.flatMap((record) => record.scores),
    experiments: records.flatMap((record) => record.experiments),
    absent: [...absent, ...records.flatMap((record) => record.absent)],
    ...precisionsOf(records),
  };
}

/** File in which `once` records that a record is complete. */
const doneFile = (file: string) => file.replace(/\.json$/, ".done.json");
