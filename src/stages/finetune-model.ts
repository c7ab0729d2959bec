/**
 * @file Fine-tuning one model on the seven (Super)GLUE tasks, twice: classified from the last real token (the score),
 * and from the first, as the official script does for causal models (an experiment: the model sees one token there).
 */

import * as path from "node:path";
import { availableGlue, fineTuneScore, GLUE_METRICS, scoringMode, writeFineTuneFiles } from "../eval/index";
import { FINETUNE_TASKS, FINETUNING, type FineTuneSettings, type FineTuneTaskName } from "../experiments/finetuning";
import type { Run } from "../experiments/runs";
import { loadHuggingFace } from "../model/checkpoint/hugging-face";
import type { Llama } from "../model/llama";
import type { AbsentTask, TaskScore } from "../results/schema";
import { glueTask, loadGlue } from "../tasks/superglue";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { type ClassifierRow, fineTune } from "../train/finetune-classifier";
import { readJson, writeJson } from "../util/jsonl";
import { Rng } from "../util/rng";
import { sha256File } from "../util/sha256";
import { once } from "./once";
import { loadTokenizer } from "./tokenizer";
import { modelFolder, runFolder, type Workspace } from "./workspace";

export interface FineTuningRecord {
  scores: TaskScore[];
  experiments: TaskScore[];
  absent: AbsentTask[];
}

const recordFile = (w: Workspace, runId: string) => path.join(runFolder(w, runId), "finetune.json");
export const readFineTuning = (w: Workspace, runId: string) => readJson<FineTuningRecord>(recordFile(w, runId));

export async function fineTuneAll(
  w: Workspace,
  run: Run,
  report: (share: number, note: string) => void,
): Promise<void> {
  const folder = runFolder(w, run.runId);
  const { present, absent } = availableGlue(w.dataFolder);
  const weights = sha256File(path.join(modelFolder(w, run.runId), "model.safetensors"));
  const settings = FINETUNING[w.scale];
  await once(path.join(folder, "finetune.done.json"), { weights, settings, seed: w.seed }, async () => {
    const tokenizer = loadTokenizer(w, run.model);
    const llama = loadHuggingFace(modelFolder(w, run.runId));
    const record: FineTuningRecord = { scores: [], experiments: [], absent };
    for (const [i, task] of FINETUNE_TASKS.filter((name) => present.some((p) => p.task === name)).entries()) {
      const { dataFolder } = present.find((p) => p.task === task) as { dataFolder: string };
      const onProgress = (done: number, total: number) => report((i + done / total) / present.length, task);
      const tuned = { w, run, task, dataFolder, llama, tokenizer, settings: settings[task] };
      record.scores.push(await fineTuneOne({ ...tuned, pooling: "last_real", onProgress }));
      record.experiments.push(await fineTuneOne({ ...tuned, pooling: "first", onProgress: () => {} }));
    }
    writeJson(recordFile(w, run.runId), record);
    llama.dispose();
  });
}

interface OneTask {
  w: Workspace;
  run: Run;
  task: FineTuneTaskName;
  dataFolder: string;
  llama: Llama;
  tokenizer: Tokenizer;
  settings: FineTuneSettings;
  pooling: "first" | "last_real";
  onProgress: (done: number, total: number) => void;
}

async function fineTuneOne(o: OneTask): Promise<TaskScore> {
  const task = glueTask(o.task);
  // A variant differs from its base in the weights alone: every model sees the same rows in the same order.
  const rng = Rng.fromSeed(o.w.seed).fork(`finetune/${o.task}`);
  // In a causal model the first position sees the first token only, so the others need not be computed.
  const length = o.pooling === "first" ? 1 : o.settings.maxLength;
  const rows = (part: "train" | "valid", most: number | null): ClassifierRow[] => {
    const examples = loadGlue(task, path.join(o.dataFolder, `${o.task}.${part}.jsonl`));
    const kept = most === null || examples.length <= most ? examples : rng.fork(`rows/${part}`).sample(examples, most);
    return kept.map(({ a, b, label }) => ({
      ids: o.tokenizer.encodePair(a, b, { maxLength: o.settings.maxLength }).ids.slice(0, length),
      label,
    }));
  };
  const data = { train: rows("train", o.settings.maxTrainRows), valid: rows("valid", o.settings.maxValidRows) };
  const { predictions } = await fineTune(
    o.llama,
    data,
    {
      ...o.settings,
      numLabels: task.numLabels,
      pooling: o.pooling,
      metrics: (predicted, gold) =>
        Object.fromEntries(task.metrics.map((metric) => [metric, GLUE_METRICS[metric](predicted, gold)])),
    },
    rng,
    { onProgress: o.onProgress },
  );
  const mode = scoringMode(o.pooling === "first" ? "official" : "last-token-pooling");
  const outcome = { task: o.task, predictions, labels: data.valid.map((row) => row.label), mode };
  const outFolder = path.join(
    runFolder(o.w, o.run.runId),
    o.pooling === "first" ? "official" : "mode-last-token-pooling",
  );
  writeFineTuneFiles(outcome, { outFolder, modelName: o.run.runId });
  return fineTuneScore(outcome);
}
