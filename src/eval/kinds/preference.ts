/**
 * @file Preference between two word forms, for the WUG tests: correlates the model's preference for the first form with the
 * share of people who prefer it. (Minimal pairs such as BLiMP are in forced-choice.ts.)
 */

import * as path from "node:path";
import { bootstrapInterval } from "../../stats/bootstrap";
import { spearman } from "../../stats/correlation";
import { loadItems } from "../../tasks/load";
import type { PreferenceTask } from "../../tasks/task";
import { Rng } from "../../util/rng";
import { orZero, undefinedNote } from "../metrics";
import { whyNoRows, zeroShotResults } from "../official/folders";
import { checkPredictions, countsByUid, type Predictions, readPredictions, withFloats } from "../official/predictions";
import { PythonFloat } from "../official/python-format";
import { predictionsJson, rhoReport } from "../official/result-files";
import { scoreItems, storedScores } from "../score-items";
import type { ScoringMode } from "../scoring-mode";
import { comparable, decideAll } from "./forced-choice";
import type { Scored, ScoringContext, ZeroShotKind } from "./kind";

/** The kind of the WUG tests. */
export const preference: ZeroShotKind<PreferenceTask> = {
  dataFolders: (folder) => [folder],
  whyAbsent: (_, dataFolder, shown) => whyNoRows(dataFolder, shown),
  resultFolder: (task, dataFolder) => zeroShotResults(task.officialName, dataFolder),
  resultFile: "predictions.json",
  alwaysInMain: false,
  rules: ["nan", "logProb", "bos", "wugRatio"],
  needsCheckpoints: false,
  section: null,
  score,
  collated: (task, file, dataFolder) => withFloats(checked(task, file, dataFolder), ["prob"]),
  fastScores: (task, file, dataFolder) => ({
    [task.name]: new PythonFloat(rhoOfPredictions(task, checked(task, file, dataFolder), dataFolder)),
  }),
  finalScores: (parts) =>
    parts.map(({ task, stored, dataFolder }) => ({
      name: task.tableName ?? task.displayName,
      value: rhoOfPredictions(task, stored as Predictions, dataFolder) * 100,
    })),
  answers: (task, modelFolder, dataFolder, mode) => {
    const folder = path.join(modelFolder, zeroShotResults(task.officialName, dataFolder));
    const stored = storedScores(folder, () => loadItems(dataFolder, task));
    if (stored === null) return null;
    const human = stored.items.map(({ humanRatio }) => humanRatio);
    const shares = stored.scores.map((forms) => firstShare(comparable(forms, mode.logProb), mode.wugRatio));
    return { task: task.name, metric: "spearman_rho", shares, human };
  },
};

/** Score the items of a task, and make the official files. */
async function score(task: PreferenceTask, context: ScoringContext): Promise<Scored> {
  const { mode } = context;
  const items = loadItems(context.dataFolder, task);
  const n = items.length;
  const scores = await scoreItems(items, context);
  const human = items.map(({ humanRatio }) => humanRatio);
  const sharesUnder = (logProb: ScoringMode["logProb"], precision: ScoringMode["wugRatio"]) =>
    scores.map((forms) => firstShare(comparable(forms, logProb), precision));
  const shares = sharesUnder(mode.logProb, mode.wugRatio);
  const rho = spearman(shares, human);
  const decisions = decideAll(scores, mode, task.name);
  const chosen = decisions.map((d) => d.chosen);
  const pick = (values: readonly number[], indices: Uint32Array) => Array.from(indices, (i) => values[i]);
  return {
    scores: [
      {
        task: task.name,
        family: "zero-shot",
        metric: "spearman_rho",
        value: orZero(rho),
        n,
        interval: bootstrapInterval(
          n,
          (indices) => spearman(pick(shares, indices), pick(human, indices)),
          Rng.fromSeed(`bootstrap/${task.name}`),
        ),
        chance: 0,
        majority: null,
        groups: [{ name: task.name, value: orZero(rho), n }],
        mode: mode.name,
        ties: decisions.filter(({ tie }) => tie).length,
        alternatives: {
          "rho, float32 ratios": orZero(spearman(sharesUnder(mode.logProb, "float32"), human)),
          "rho, float64 ratios": orZero(spearman(sharesUnder(mode.logProb, "float64"), human)),
          // the pipeline's metric until 2025-08-02; older leaderboard numbers use it
          "accuracy, first form counts as right": chosen.filter((option) => option === 0).length / n,
          "rho, mean log-probability": orZero(spearman(sharesUnder("mean", mode.wugRatio), human)),
          ...undefinedNote(rho),
        },
      },
    ],
    files: {
      "best_temperature_report.txt": rhoReport(rho),
      "predictions.json": predictionsJson(items, chosen, shares),
    },
  };
}

/**
 * Softmax over the options' scores: the probability of the first.
 *
 * In float32, as the pipeline computes it, the probability is exactly 1 above a difference of about 16.7 nats, so such
 * items tie; small probabilities keep their order down to 1e-38. In float64 the order is kept at both ends, up to about
 * 37 nats.
 *
 * @param scores - log-probabilities, nats
 */
export function firstShare(scores: readonly number[], precision: ScoringMode["wugRatio"]): number {
  const round = precision === "float32" ? Math.fround : (v: number) => v;
  const top = Math.max(...scores);
  const weights = scores.map((s) => round(Math.exp(round(s - top))));
  return round(weights[0] / weights.reduce((sum, w) => round(sum + w), 0));
}

/** The predictions of a result file. @throws Error naming the file if its counts or ids are not those of the data */
function checked(task: PreferenceTask, file: string, dataFolder: string): Predictions {
  const predictions = readPredictions(file);
  checkPredictions(file, predictions, countsByUid(loadItems(dataFolder, task)));
  return predictions;
}

/** Spearman's rho of the stored shares and people's. */
function rhoOfPredictions(task: PreferenceTask, predictions: Predictions, dataFolder: string): number {
  const shares = predictions[task.name].predictions.map((p) => p.prob ?? Number.NaN);
  return spearman(
    shares,
    loadItems(dataFolder, task).map(({ humanRatio }) => humanRatio),
  );
}
