/**
 * @file From the predictions of a fine-tuned classifier to the official files and a `TaskScore`.
 *
 * The headline is accuracy for every task, as in the pipeline's final score; F1 (class 1) and Matthews correlation stand
 * beside it, and the share of the most frequent class, which a classifier that saw nothing would reach.
 */

import * as path from "node:path";
import type { TaskScore } from "../results/schema";
import { bootstrapInterval } from "../stats/bootstrap";
import { glueTask } from "../tasks/superglue";
import { writeFileAtomic } from "../util/atomic-file";
import { Rng } from "../util/rng";
import { GLUE_METRICS, majorityBaseline } from "./metrics";
import { pythonStem } from "./python-format";
import { finetunePredictions, finetuneResults } from "./report";
import { OFFICIAL, type ScoringMode } from "./scoring-mode";

export interface FineTuneOutcome {
  /** One of the seven tasks. */
  task: string;
  /** Predicted and true classes, in the order of the validation file. */
  predictions: readonly number[];
  labels: readonly number[];
  mode?: ScoringMode;
}

/** @throws Error if the lists differ in length or a class is outside the task's */
export function fineTuneScore({ task, predictions, labels, mode = OFFICIAL }: FineTuneOutcome): TaskScore {
  const { numLabels, metrics } = glueTask(task);
  check(task, predictions, labels, numLabels);
  const right = labels.map((label, i) => (predictions[i] === label ? 1 : 0));
  const n = labels.length;
  const alternatives: Record<string, number> = {};
  for (const metric of metrics) alternatives[metric] = GLUE_METRICS[metric](predictions, labels);
  const classes = Array.from({ length: numLabels }, (_, c) => {
    const own = right.filter((_, i) => labels[i] === c);
    return { name: `class ${c}`, value: own.reduce<number>((s, v) => s + v, 0) / own.length, n: own.length };
  });
  return {
    task,
    family: "fine-tuning",
    metric: "accuracy",
    value: GLUE_METRICS.accuracy(predictions, labels),
    n,
    interval: bootstrapInterval(
      n,
      (indices) => indices.reduce((sum, i) => sum + right[i], 0) / n,
      Rng.fromSeed(`bootstrap/${task}`),
    ),
    chance: 1 / numLabels,
    majority: majorityBaseline(labels),
    groups: classes.filter((c) => c.n > 0),
    mode: mode.name,
    ties: 0,
    alternatives,
  };
}

/**
 * Write `results.txt` and `predictions.json` to `<out>/<model>/<revision>/finetune/<task>/`.
 *
 * @returns that folder
 */
export function writeFineTuneFiles(
  outcome: FineTuneOutcome,
  { outFolder, modelName, revision = "main" }: { outFolder: string; modelName: string; revision?: string },
): string {
  const { task, predictions, labels } = outcome;
  const { metrics, numLabels } = glueTask(task);
  check(task, predictions, labels, numLabels);
  const folder = path.join(outFolder, pythonStem(modelName), revision, "finetune", task);
  const values = metrics.map((metric) => [metric, GLUE_METRICS[metric](predictions, labels)] as const);
  writeFileAtomic(path.join(folder, "results.txt"), finetuneResults(values));
  writeFileAtomic(path.join(folder, "predictions.json"), finetunePredictions(task, predictions));
  return folder;
}

function check(task: string, predictions: readonly number[], labels: readonly number[], numLabels: number): void {
  if (predictions.length !== labels.length || labels.length === 0) {
    throw new Error(`${task}: ${predictions.length} predictions for ${labels.length} validation rows`);
  }
  for (const [what, list] of [
    ["prediction", predictions],
    ["label", labels],
  ] as const) {
    const bad = list.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < numLabels));
    if (bad >= 0) throw new Error(`${task}: ${what} ${bad} is ${list[bad]}, want a class from 0 to ${numLabels - 1}`);
  }
}
