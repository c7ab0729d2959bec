/**
 * @file Measures the effect of each change between two protocols on each score of one model: every task under 2025,
 * under each single change that can affect it, and under 2026.
 */

import * as path from "node:path";
import { findTasks, type PresentTask } from "../eval/available-tasks";
import { kindOf } from "../eval/kinds/index";
import { OFFICIAL, PROTOCOL_2026_SWITCHES, type ScoringMode, scoringMode } from "../eval/scoring-mode";
import type { FineTuneSettings, FineTuneTaskName } from "../experiments/finetuning";
import type { Metric, TaskScore } from "../results/schema";
import { TASKS, tasksUnder, ZERO_SHOT } from "../tasks/index";
import { SUPERGLUE } from "../tasks/superglue";
import { fineTuneModel } from "./finetune-model";
import { scoreModel } from "./score-model";

export interface ProtocolChangesRequest {
  /** A Hugging Face folder: configuration, weights, tokenizer. */
  modelFolder: string;
  /** Model name in the results. */
  name: string;
  /** Folder with `evaluation_data/` in it, that folder, or one of its suites. */
  data: string;
  isFast: boolean;
  /** Folder of the training checkpoints; null leaves age of acquisition out. */
  checkpointsFolder: string | null;
  /** Settings of fine-tuning; null leaves fine-tuning out. */
  fineTuning: Record<FineTuneTaskName, FineTuneSettings> | null;
  /** Root folder of the results; each protocol and each change has its own folder. */
  outFolder: string;
  /** Seed of random ties and of fine-tuning. */
  seed: number;
  onProgress?: (rules: string, task: string, done: number, total: number) => void;
}

/** One score under different rules. */
export interface ProtocolRow {
  task: string;
  metric: Metric;
  /** Number of items under 2025. */
  n: number;
  /** Number of items whose best options tie, under 2025. */
  ties: number;
  under2025: number;
  /** Score by name of the change; only changes that can affect the task. */
  changes: Record<string, number>;
  /** Null if 2026 does not have the task. */
  under2026: number | null;
}

/** The table, in the order of the tasks. */
export async function protocolChanges(request: ProtocolChangesRequest): Promise<ProtocolRow[]> {
  const rules = [OFFICIAL, ...PROTOCOL_2026_SWITCHES.map((name) => scoringMode(name)), scoringMode("official", "2026")];
  const rows = new Map<string, ProtocolRow>();
  for (const mode of rules.map((m) => ({ ...m, seed: request.seed }))) {
    for (const score of await scoresUnder(mode, request)) {
      const row = rows.get(score.task);
      if (row === undefined) rows.set(score.task, firstRow(score));
      else if (mode.protocol === "2026") row.under2026 = score.value;
      else row.changes[mode.name] = score.value;
    }
  }
  return [...rows.values()];
}

function firstRow({ task, metric, n, ties, value }: TaskScore): ProtocolRow {
  return { task, metric, n, ties, under2025: value, changes: {}, under2026: null };
}

/** Scores of the tasks whose score can differ under this mode; for a whole protocol, all scores. */
async function scoresUnder(mode: ScoringMode, request: ProtocolChangesRequest): Promise<TaskScore[]> {
  const { modelFolder, name, data, isFast, seed, checkpointsFolder } = request;
  const changed = changedTasks(mode);
  const isChanged = ({ task }: PresentTask) => changed.has(task);
  const outFolder = path.join(request.outFolder, mode.name);
  const found = findTasks(data, "all", isFast, tasksUnder(mode, ZERO_SHOT));
  const zeroShot = await scoreModel({
    modelFolder,
    name,
    tasks: { present: found.present.filter(isChanged), absent: [] },
    outFolder,
    mode,
    checkpointsFolder,
    whyNoCheckpoints: "no checkpoints given",
    onProgress: (task, done, total) => request.onProgress?.(mode.name, task, done, total),
  });
  const scores = [...zeroShot.scores];
  if (request.fineTuning === null || isFast) return scores;
  for (const { task, dataFolder } of findTasks(data, "all", false, SUPERGLUE).present.filter(isChanged)) {
    const { score } = await fineTuneModel({
      modelFolder,
      name,
      task,
      dataFolder,
      outFolder,
      settings: request.fineTuning[task as FineTuneTaskName],
      mode,
      seed,
      onProgress: (done, total) => request.onProgress?.(mode.name, task, done, total),
    });
    scores.push(score);
  }
  return scores;
}

/** Names of the tasks that this mode changes: their rows, or a rule that their kind uses. */
function changedTasks(mode: ScoringMode): Set<string> {
  if (mode.name === OFFICIAL.name || mode.protocol === "2026") return new Set(TASKS.map((task) => task.name));
  const isOther = (rule: keyof ScoringMode) => rule !== "seed" && mode[rule] !== OFFICIAL[rule];
  const versions = new Map(TASKS.map((task) => [task.name, task.version]));
  const changed = tasksUnder(mode, TASKS).filter(
    (task) => task.version !== versions.get(task.name) || kindOf(task).rules.some(isOther),
  );
  return new Set(changed.map((task) => task.name));
}
