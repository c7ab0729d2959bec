/** @file Reading times: the share of their remaining variance that the model's surprisals explain in a regression. */

import * as path from "node:path";
import type { TaskScore } from "../../results/schema";
import { loadReading } from "../../tasks/reading";
import type { ReadingTask } from "../../tasks/task";
import { Rng } from "../../util/rng";
import { whyNoFiles, zeroShotResults } from "../official/folders";
import { checkPredictions, type Predictions, readPredictions, withFloats } from "../official/predictions";
import { PythonFloat } from "../official/python-format";
import { readingFiles } from "../official/result-files";
import { type PredictedRow, type ReadingGain, type ResponseGain, readingGain, readingIntervals } from "../reading-gain";
import { wordSurprisals } from "../reading-surprisal";
import type { Scored, ScoringContext, ZeroShotKind } from "./kind";

/** The kind of `READING`. */
export const reading: ZeroShotKind<ReadingTask> = {
  dataFolders: (folder) => [folder],
  whyAbsent: (task, dataFolder, shown) => whyNoFiles(dataFolder, shown, [task.file]),
  resultFolder: (task) => zeroShotResults(task.officialName, null),
  resultFile: "predictions.json",
  alwaysInMain: false,
  rules: ["bos", "readingBlank"],
  needsCheckpoints: false,
  section: null,
  score,
  collated: (task, file, dataFolder) => withFloats(checked(task, file, dataFolder), ["pred", "prev_pred"]),
  fastScores: (task, file, dataFolder) => {
    const gain = gainOfPredictions(task, checked(task, file, dataFolder), dataFolder);
    return { spr: new PythonFloat(gain.selfPacedPercent / 100), rt: new PythonFloat(gain.eyeTrackingPercent / 100) };
  },
  finalScores: (parts) =>
    parts.flatMap(({ task, stored, dataFolder }) => {
      const gain = gainOfPredictions(task, stored as Predictions, dataFolder);
      return [
        { name: "READING (SPR)", value: gain.selfPacedPercent },
        { name: "READING (ET)", value: gain.eyeTrackingPercent },
      ];
    }),
  answers: () => null, // the result is a regression over all words, so there are no answers per item
};

/** Score the words in their contexts: two scores and the official files. */
async function score(task: ReadingTask, context: ScoringContext): Promise<Scored> {
  const { model, tokenizer, mode } = context;
  const rows = loadReading(path.join(context.dataFolder, task.file));
  const previous = rows.flatMap((row) => (row.previous === null ? [] : [row.previous]));
  const words = [...rows.map(({ context, word }) => ({ context, word })), ...previous];
  const surprisals = await wordSurprisals(model, tokenizer, words, mode, context.onProgress);
  let next = rows.length;
  const predicted = rows.map((row, r) => ({
    ...row,
    pred: surprisals[r],
    prevPred: row.previous === null ? Number.NaN : surprisals[next++],
  }));
  const gain = readingGain(predicted);
  return { scores: scoresOf(task, predicted, gain, mode.name), files: readingFiles(predicted, gain) };
}

/** One task of the pipeline gives two of our scores: eye tracking and self-paced reading. */
function scoresOf(task: ReadingTask, rows: readonly PredictedRow[], gain: ReadingGain, mode: string): TaskScore[] {
  const intervals = readingIntervals(rows, Rng.fromSeed(`bootstrap/${task.name}`));
  const eye = gain.withoutSpillover.filter(({ response }) => response.includes("RT"));
  const selfPaced = gain.withSpillover.filter(({ response }) => response === "self_paced_reading_time");
  const groups = (list: readonly ResponseGain[]) =>
    list.map((g) => ({ name: g.response, value: g.gainPercent, n: g.model.n }));
  const shared = {
    family: "zero-shot",
    metric: "variance_explained_percent",
    chance: 0,
    majority: null,
    mode,
    ties: 0,
  } as const;
  return [
    {
      ...shared,
      task: "reading_eye_tracking",
      value: gain.eyeTrackingPercent,
      n: eye[0].model.n,
      interval: intervals.eyeTrackingPercent,
      groups: groups(eye),
    },
    {
      ...shared,
      task: "reading_self_paced",
      value: gain.selfPacedPercent,
      n: selfPaced[0].model.n,
      interval: intervals.selfPacedPercent,
      groups: groups(selfPaced),
    },
  ];
}

/**
 * The predictions of a result file. @throws Error naming the file if it does not have one prediction per row of the
 * data
 */
function checked(task: ReadingTask, file: string, dataFolder: string): Predictions {
  const predictions = readPredictions(file);
  const rows = loadReading(path.join(dataFolder, task.file));
  checkPredictions(file, predictions, new Map([["reading", rows.length]]));
  return predictions;
}

/** The regressions, from the stored surprisals. */
function gainOfPredictions(task: ReadingTask, predictions: Predictions, dataFolder: string): ReadingGain {
  const list = predictions.reading.predictions;
  const rows = loadReading(path.join(dataFolder, task.file));
  return readingGain(
    rows.map((row, i) => ({ ...row, pred: Number(list[i].pred), prevPred: list[i].prev_pred ?? Number.NaN })),
  );
}
