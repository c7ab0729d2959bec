/**
 * @file Classification: scores the predictions of a fine-tuned model. `stages/finetune-model.ts` trains the classifier.
 *
 * The headline is accuracy for every task, as in the pipeline's final score; F1 (class 1), Matthews correlation and the
 * share of the majority class are reported beside it.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { bootstrapInterval } from "../../stats/bootstrap";
import { meanOf } from "../../stats/mean";
import { loadGlue } from "../../tasks/superglue";
import type { ClassificationTask } from "../../tasks/task";
import { Rng } from "../../util/rng";
import { accuracy, f1, GLUE_METRICS, majorityBaseline } from "../metrics";
import { checkPredictions, type Predictions, readPredictions } from "../official/predictions";
import { finetunePredictions, finetuneResults } from "../official/result-files";
import type { ScoringMode } from "../scoring-mode";
import type { FinalScore, Kind, Scored, StoredTask } from "./kind";

/** The kind of the (Super)GLUE tasks. */
export const classification: Kind<ClassificationTask> = {
  dataFolders: (folder) => [folder, `${folder}_sample`], // the second folder has samples of each file
  whyAbsent: (task, dataFolder) => {
    const files = ["train", "valid"].map((part) => `${task.name}.${part}.jsonl`);
    const missing = files.filter((file) => !fs.existsSync(path.join(dataFolder, file)));
    return missing.length === 0
      ? null
      : `no ${missing.map((file) => `${path.basename(dataFolder)}/${file}`).join(", ")}`;
  },
  resultFolder: (task) => path.join("finetune", task.name),
  resultFile: "predictions.json",
  alwaysInMain: false,
  rules: ["pooling"],
  needsCheckpoints: false,
  section: "glue",
  collated: (task, file, dataFolder) => {
    const predictions = readPredictions(file);
    checkPredictions(file, predictions, new Map([[task.name, validLabels(task, dataFolder).length]]));
    return predictions[task.name];
  },
  fastScores: (task) => {
    throw new Error(`${task.name} is not part of the fast suite`);
  },
  finalScores,
  answers: (task, modelFolder, dataFolder) => {
    const file = path.join(modelFolder, "finetune", task.name, "predictions.json");
    if (!fs.existsSync(file)) return null;
    const gold = validLabels(task, dataFolder);
    const predictions = readPredictions(file);
    checkPredictions(file, predictions, new Map([[task.name, gold.length]]));
    const credits = predictions[task.name].predictions.map(({ pred }, i) => (Number(pred) === gold[i] ? 1 : 0));
    return { task: task.name, metric: "accuracy", credits, weights: credits.map(() => 1 / credits.length) };
  },
};

/** Predicted and true classes, in the order of the validation file. */
export interface Classified {
  predictions: readonly number[];
  labels: readonly number[];
}

/**
 * The score of a fine-tuned model's predictions, and the official files.
 *
 * @throws Error if the lists differ in length or a class is outside the task's
 */
export function judgePredictions(
  task: ClassificationTask,
  { predictions, labels }: Classified,
  mode: Pick<ScoringMode, "name">,
): Scored {
  checkClasses(task, predictions, labels);
  const right = labels.map((label, i) => (predictions[i] === label ? 1 : 0));
  const n = labels.length;
  const values = task.metrics.map((metric) => [metric, GLUE_METRICS[metric](predictions, labels)] as const);
  const classes = Array.from({ length: task.numLabels }, (_, c) => {
    const own = right.filter((_, i) => labels[i] === c);
    return { name: `class ${c}`, value: own.reduce<number>((sum, v) => sum + v, 0) / own.length, n: own.length };
  });
  return {
    scores: [
      {
        task: task.name,
        family: "fine-tuning",
        metric: "accuracy",
        value: accuracy(predictions, labels),
        n,
        interval: bootstrapInterval(
          n,
          (indices) => indices.reduce((sum, i) => sum + right[i], 0) / n,
          Rng.fromSeed(`bootstrap/${task.name}`),
        ),
        chance: 1 / task.numLabels,
        majority: majorityBaseline(labels),
        groups: classes.filter((c) => c.n > 0),
        mode: mode.name,
        ties: 0,
        alternatives: Object.fromEntries(values),
      },
    ],
    files: {
      "results.txt": finetuneResults(values),
      "predictions.json": finetunePredictions(task.name, predictions),
    },
  };
}

function checkClasses(
  { name, numLabels }: ClassificationTask,
  predictions: readonly number[],
  labels: readonly number[],
): void {
  if (predictions.length !== labels.length || labels.length === 0) {
    throw new Error(`${name}: ${predictions.length} predictions for ${labels.length} validation rows`);
  }
  for (const [what, list] of [
    ["prediction", predictions],
    ["label", labels],
  ] as const) {
    const bad = list.findIndex((v) => !(Number.isInteger(v) && v >= 0 && v < numLabels));
    if (bad >= 0) throw new Error(`${name}: ${what} ${bad} is ${list[bad]}, want a class from 0 to ${numLabels - 1}`);
  }
}

/**
 * Means over the tasks. [pipeline] accuracy for each task; the mean with F1 for MRPC and QQP, as its README says, has
 * its own line.
 */
function finalScores(parts: readonly StoredTask<ClassificationTask>[]): FinalScore[] {
  const judged = parts.map(({ task, stored, dataFolder }) => {
    const gold = validLabels(task, dataFolder);
    const own = { [task.name]: stored } as Predictions;
    checkPredictions(`glue, ${task.name}`, own, new Map([[task.name, gold.length]]));
    return { name: task.name, gold, predicted: own[task.name].predictions.map(({ pred }) => Number(pred)) };
  });
  const byF1 = ["mrpc", "qqp"];
  return [
    { name: "GLUE", value: 100 * meanOf(judged.map((j) => accuracy(j.predicted, j.gold))) },
    {
      name: "GLUE (F1 for MRPC and QQP)",
      value: 100 * meanOf(judged.map((j) => (byF1.includes(j.name) ? f1 : accuracy)(j.predicted, j.gold))),
    },
  ];
}

/** True classes of the validation rows. */
function validLabels(task: ClassificationTask, dataFolder: string): number[] {
  return loadGlue(task, path.join(dataFolder, `${task.name}.valid.jsonl`)).map(({ label }) => label);
}
