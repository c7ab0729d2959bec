/** @file A scored model's answers, item by item, read back from its result folder for a paired comparison. */

import * as fs from "node:fs";
import * as path from "node:path";
import { availableTasks, evaluationFolder, type Suite, zeroShotTask } from "../tasks/index";
import { loadItems } from "../tasks/load";
import { loadGlue, SUPERGLUE } from "../tasks/superglue";
import { averageWeights, type TaskAnswers } from "./compare";
import { comparable, decide } from "./forced-choice";
import { firstShare } from "./preference";
import { readItemScores } from "./score-journal";
import { OFFICIAL, type ScoringMode } from "./scoring-mode";
import { checkPredictions, readPredictions } from "./submission";

/**
 * Answers to every task that was scored: zero-shot choices and preferences, and fine-tuned classes. Reading and age of
 * acquisition are no lists of answers and are left out.
 *
 * @param modelFolder - `<results>/<model>/<revision>`
 * @throws Error if a file does not fit the data
 */
export function loadAnswers(
  modelFolder: string,
  dataRoot: string,
  suite: Suite = "full",
  mode: ScoringMode = OFFICIAL,
): TaskAnswers[] {
  if (!fs.existsSync(modelFolder)) throw new Error(`${modelFolder}: no such folder; want <results>/<model>/<revision>`);
  const out: TaskAnswers[] = [];
  for (const { task: name, dataFolder } of availableTasks(dataRoot, suite).present) {
    const task = zeroShotTask(name);
    if (task.kind !== "forced-choice" && task.kind !== "preference") continue;
    const folder = path.join(modelFolder, "zero_shot", "causal", task.officialName, path.basename(dataFolder));
    const file = path.join(folder, "item-scores.jsonl");
    if (!fs.existsSync(file)) continue;
    const scores = readItemScores(file).map((s) => comparable(s, mode.logProb));
    const fits = (n: number) => {
      if (scores.length !== n) throw new Error(`${file}: scores of ${scores.length} items, ${dataFolder} has ${n}`);
    };
    if (task.kind === "preference") {
      const items = loadItems(dataFolder, task.toItem);
      fits(items.length);
      const shares = scores.map((s) => firstShare(s, mode.wugRatio));
      out.push({ task: name, kind: "rho", shares, human: items.map((item) => item.humanRatio) });
    } else {
      const uids = loadItems(dataFolder, task.toItem).map(({ uid }) => uid);
      fits(uids.length);
      const credits = scores.map((s) => decide(s, mode.ties).credit);
      out.push({ task: name, kind: "accuracy", credits, weights: averageWeights(uids, task.aggregate) });
    }
  }
  return suite === "fast" ? out : [...out, ...glueAnswers(modelFolder, dataRoot)];
}

function glueAnswers(modelFolder: string, dataRoot: string): TaskAnswers[] {
  return SUPERGLUE.flatMap((task) => {
    const file = path.join(modelFolder, "finetune", task.name, "predictions.json");
    if (!fs.existsSync(file)) return [];
    const data = path.join(evaluationFolder(dataRoot, "full"), "glue_filtered", `${task.name}.valid.jsonl`);
    const gold = loadGlue(task, data).map(({ label }) => label);
    const predictions = readPredictions(file);
    checkPredictions(file, predictions, new Map([[task.name, gold.length]]));
    const credits = predictions[task.name].predictions.map(({ pred }, i) => (Number(pred) === gold[i] ? 1 : 0));
    return [{ task: task.name, kind: "accuracy" as const, credits, weights: credits.map(() => 1 / credits.length) }];
  });
}
