/**
 * @file Forced choice between texts, such as the minimal pairs of BLiMP: the most probable option is the answer, and
 * the score is accuracy. Also EWoK, entity tracking and COMPS.
 *
 * The correct option is always the first. In the official mode of 2025 the first of equal options wins, so a tie counts
 * as correct; under protocol 2026 one of the tied options is drawn at random.
 */

import * as path from "node:path";
import type { TaskScore } from "../../results/schema";
import { groupedBootstrapInterval } from "../../stats/bootstrap";
import { meanOf } from "../../stats/mean";
import { loadItems, readItems } from "../../tasks/load";
import type { ChoiceItem, ForcedChoiceTask } from "../../tasks/task";
import { Rng } from "../../util/rng";
import { averageWeights, macroAverage, splitMeans, tally, uidAccuracies } from "../metrics";
import { whyNoRows, zeroShotResults } from "../official/folders";
import { checkPredictions, countsByUid, type Predictions, readPredictions, withFloats } from "../official/predictions";
import { PythonFloat } from "../official/python-format";
import { accuracyReport, predictionsJson } from "../official/result-files";
import { scoreItems, storedScores } from "../score-items";
import type { ItemScores } from "../score-journal";
import type { ScoringMode } from "../scoring-mode";
import type { Scored, ScoringContext, ZeroShotKind } from "./kind";

/** The kind of BLiMP, EWoK, entity tracking, COMPS and other choices. */
export const forcedChoice: ZeroShotKind<ForcedChoiceTask> = {
  dataFolders: (folder) => [folder],
  whyAbsent: (_, dataFolder, shown) => whyNoRows(dataFolder, shown),
  resultFolder: (task, dataFolder) => zeroShotResults(task.officialName, dataFolder),
  resultFile: "predictions.json",
  alwaysInMain: false,
  rules: ["ties", "seed", "nan", "logProb", "bos"],
  needsCheckpoints: false,
  section: null,
  score,
  collated: (task, file, dataFolder) => withFloats(checked(task, file, dataFolder), []),
  fastScores: (task, file, dataFolder) => {
    const cells = shareRight(task, checked(task, file, dataFolder), dataFolder);
    return new Map([...cells].map(([uid, { right, n }]) => [uid, new PythonFloat(right / n)]));
  },
  finalScores: (parts) =>
    parts.map(({ task, stored, dataFolder }) => {
      const cells = [...shareRight(task, stored as Predictions, dataFolder).values()];
      return {
        name: task.tableName ?? task.displayName,
        value: meanOf(cells.map(({ right, n }) => (right / n) * 100)),
      };
    }),
  answers: (task, modelFolder, dataFolder, mode) => {
    const folder = path.join(modelFolder, zeroShotResults(task.officialName, dataFolder));
    const stored = storedScores(folder, () => loadItems(dataFolder, task));
    if (stored === null) return null;
    const uids = stored.items.map(({ uid }) => uid);
    const credits = decideAll(stored.scores, mode, task.name).map(({ credit }) => credit);
    return { task: task.name, metric: "accuracy", credits, weights: averageWeights(uids, task.aggregate) };
  },
};

/** Score the items of a task, and make the official files. */
async function score(task: ForcedChoiceTask, context: ScoringContext): Promise<Scored> {
  const { mode } = context;
  const { items, leftOut } = readItems(context.dataFolder, task);
  const scores = await scoreItems(items, context);
  const decisions = decideAll(scores, mode, task.name);
  const credits = decisions.map(({ credit }) => credit);
  const percents = uidAccuracies(items, credits, 100);
  const splits = task.aggregate === "macro" ? undefined : splitMeans(percents, task.aggregate.splits);
  const chosen = decisions.map((d) => d.chosen);

  const uids = [...percents.keys()];
  const groups = uids.map((): number[] => []);
  const groupOf = new Map(uids.map((uid, g) => [uid, groups[g]]));
  for (const [i, { uid }] of items.entries()) groupOf.get(uid)?.push(credits[i]);
  const average = (means: readonly number[]) =>
    macroAverage(new Map(uids.map((uid, g) => [uid, means[g]])), task.aggregate);
  const under = (change: Partial<ScoringMode>) => accuracyUnder(task, items, scores, { ...mode, ...change });
  const taskScore: TaskScore = {
    task: task.name,
    family: "zero-shot",
    metric: "accuracy",
    value: average(groups.map(meanOf)),
    n: items.length,
    interval: groupedBootstrapInterval(groups, Rng.fromSeed(`bootstrap/${task.name}`), average),
    chance: task.chance,
    majority: null,
    groups: uids.map((name, g) => ({ name, value: (percents.get(name) as number) / 100, n: groups[g].length })),
    mode: mode.name,
    ties: decisions.filter(({ tie }) => tie).length,
    alternatives: {
      "accuracy, ties count first": under({ ties: "first" }),
      "accuracy, ties count half": under({ ties: "half" }),
      "accuracy, mean log-probability": under({ logProb: "mean" }),
      ...(leftOut > 0 && { "rows left out": leftOut }),
    },
  };
  return {
    scores: [taskScore],
    files: {
      "best_temperature_report.txt": accuracyReport(
        tally(items, credits),
        macroAverage(percents, task.aggregate),
        splits,
      ),
      "predictions.json": predictionsJson(items, chosen),
    },
  };
}

/** A model's choice and its credit. */
export interface Decision {
  /** Index of the chosen option. */
  chosen: number;
  /** 1 correct, 0 wrong; a fraction for a tie when ties count half. */
  credit: number;
  /** Whether several options share the best score. */
  tie: boolean;
}

/**
 * The option with the largest score.
 *
 * @param rng - draws among equal options when `ties` is `random`
 * @throws RangeError if there are fewer than two scores, or one is NaN
 * @example
 * decide([-4, -4], "half"); // => { chosen: 0, credit: 0.5, tie: true }
 */
export function decide(scores: readonly number[], ties: ScoringMode["ties"], rng?: Rng): Decision {
  if (scores.length < 2) throw new RangeError(`decide: ${scores.length} option(s), want at least 2`);
  if (scores.some(Number.isNaN)) throw new RangeError(`decide: a score is NaN among ${scores.join(", ")}`);
  const top = Math.max(...scores);
  const best = scores.map((_, i) => i).filter((i) => scores[i] === top);
  const tie = best.length > 1;
  if (tie && ties === "random" && rng === undefined)
    throw new RangeError("decide: ties are drawn, but no rng is given");
  const chosen = tie && ties === "random" && rng !== undefined ? rng.pick(best) : best[0];
  const credit = chosen !== 0 ? 0 : ties === "half" ? 1 / best.length : 1;
  return { chosen, credit, tie };
}

/** Decisions on a task's items in data order; random ties depend only on the mode's seed and the task's name. */
export function decideAll(scores: readonly ItemScores[], mode: ScoringMode, task: string): Decision[] {
  const rng = Rng.fromSeed(mode.seed).fork(`ties/${task}`);
  return scores.map((options) => decide(comparable(options, mode.logProb), mode.ties, rng));
}

/** The numbers to compare: sums, or means over the counted tokens. */
export function comparable(scores: ItemScores, logProb: ScoringMode["logProb"]): number[] {
  return logProb === "sum" ? scores.logProbs : scores.logProbs.map((s, i) => s / scores.tokens[i]);
}

/** Accuracy of the same scores under other rules. */
function accuracyUnder(
  task: ForcedChoiceTask,
  items: readonly ChoiceItem[],
  scores: readonly ItemScores[],
  mode: ScoringMode,
): number {
  const credits = decideAll(scores, mode, task.name).map(({ credit }) => credit);
  return macroAverage(uidAccuracies(items, credits, 1), task.aggregate);
}

/** The predictions of a result file. @throws Error naming the file if its counts or ids are not those of the data */
function checked(task: ForcedChoiceTask, file: string, dataFolder: string): Predictions {
  const predictions = readPredictions(file);
  checkPredictions(file, predictions, countsByUid(loadItems(dataFolder, task)));
  return predictions;
}

/** Share of predictions equal to the right answer, compared without outer blanks, by UID. */
function shareRight(
  task: ForcedChoiceTask,
  predictions: Predictions,
  dataFolder: string,
): Map<string, { right: number; n: number }> {
  const out = new Map<string, { right: number; n: number }>();
  for (const { uid, answers } of loadItems(dataFolder, task)) {
    const cell = out.get(uid) ?? { right: 0, n: 0 };
    out.set(uid, cell);
    const prediction = predictions[uid]?.predictions[cell.n++];
    if (prediction !== undefined && String(prediction.pred).trim() === answers[0].trim()) cell.right++;
  }
  return out;
}
