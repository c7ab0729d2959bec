/**
 * @file Learning curve of a base model: scores each of its training checkpoints on a few tasks and on held-out text.
 *
 * Each finished checkpoint has a record, so a killed stage resumes with the next one. The rows are collected in the
 * results as `learning-curve.csv`.
 */

import * as path from "node:path";
import { availableTasks } from "../eval/available-tasks";
import { stepWords } from "../eval/checkpoints";
import { scoringMode } from "../eval/scoring-mode";
import { PRETRAINING } from "../experiments/models";
import { CURVE_TASKS } from "../experiments/scoring";
import { loadHuggingFace } from "../model/checkpoint/hugging-face";
import { CURVE_COLUMNS, CURVE_FILE, type CurveRow } from "../results/learning-curve";
import type { ModelName } from "../results/schema";
import { writeCsv } from "../results/write";
import { validationLoss } from "../train/validation";
import { renewManifest } from "../util/manifest";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256File } from "../util/sha256";
import { once } from "./once";
import { documentExamples, stageSettings } from "./pretrain";
import { checkpointSteps, modelFingerprint, scoreModel } from "./score-model";
import { preparedFolder, resultFolder, runFolder, tokenizerFolder, type Workspace } from "./workspace";

/** Record of one checkpoint. */
interface Measured {
  rows: Omit<CurveRow, "words">[];
}

/** Whether the scale has learning curves and at least one of their tasks has data. */
export function hasLearningCurve(workspace: Workspace): boolean {
  return curveTasks(workspace).length > 0;
}

/**
 * Score every checkpoint of a base model in turn; returns immediately if it was done with the same inputs.
 *
 * @throws Error if pre-training saved no checkpoint
 */
export async function learningCurve(
  workspace: Workspace,
  model: ModelName,
  report: (share: number, note: string) => void,
): Promise<void> {
  const runId = `${model}-base`;
  const checkpoints = path.join(runFolder(workspace, runId), "checkpoints");
  const steps = checkpointSteps(checkpoints);
  if (steps.length === 0)
    throw new Error(`${checkpoints}: has no checkpoint; run "pretrain/${model}" at a scale that saves them`);
  const tasks = curveTasks(workspace);
  const folder = path.join(runFolder(workspace, runId), "learning-curve");
  const held = sha256File(path.join(preparedFolder(workspace), "documents-validation.jsonl"));
  const rows: CurveRow[] = [];
  for (const [i, step] of steps.entries()) {
    report(i / steps.length, step);
    const file = path.join(folder, `${step}.json`);
    const weights = modelFingerprint(path.join(checkpoints, step));
    const inputs = { weights, tasks: tasks.map(({ task }) => task), suite: workspace.suite, held };
    await once(file.replace(/\.json$/, ".done.json"), inputs, [path.basename(file)], async () => {
      const { scores } = await scoreModel({
        modelFolder: path.join(checkpoints, step),
        name: runId,
        tasks: { present: tasks, absent: [] },
        outFolder: folder,
        revision: step,
        mode: scoringMode("official"),
        checkpointsFolder: null,
        whyNoCheckpoints: "is itself about training checkpoints",
        onProgress: (task, done, total) => report((i + done / total) / steps.length, `${step}, ${task}`),
      });
      const scored = scores.map(({ task, metric, value, interval, n }): Omit<CurveRow, "words"> => {
        const [low, high] = interval ?? [null, null];
        return { measure: task, metric, value, low, high, n };
      });
      const losses = await heldOutLosses(workspace, model, path.join(checkpoints, step));
      writeSealedJson(file, { rows: [...scored, ...losses] } satisfies Measured);
    });
    const measured = readSealedJson<Measured>(file, "remove it and its done file to make it again");
    rows.push(...measured.rows.map((row) => ({ words: stepWords(step), ...row })));
  }
  const target = resultFolder(workspace, runId);
  writeCsv(
    path.join(target, CURVE_FILE),
    CURVE_COLUMNS,
    rows.map((row) => CURVE_COLUMNS.map((column) => row[column] ?? "")),
  );
  renewManifest(target, [CURVE_FILE]);
}

/** Mean loss per token on the held-out documents of each source. */
async function heldOutLosses(
  workspace: Workspace,
  model: ModelName,
  modelFolder: string,
): Promise<Omit<CurveRow, "words">[]> {
  const llama = loadHuggingFace(modelFolder);
  const held = documentExamples(workspace, "validation", model, tokenizerFolder(workspace, model));
  try {
    const settings = stageSettings("pretrain", PRETRAINING[workspace.scale], "stream", "learning-curve");
    const losses = await validationLoss(llama, held, settings);
    return losses.map(({ source, lossNats, tokens }) => ({
      measure: source,
      metric: "loss_nats",
      value: lossNats,
      low: null,
      high: null,
      n: tokens,
    }));
  } finally {
    llama.dispose();
    held.close();
  }
}

function curveTasks(workspace: Workspace) {
  const { present } = availableTasks(workspace.dataFolder, workspace.suite);
  return present.filter(({ task }) => CURVE_TASKS[workspace.scale].includes(task));
}
