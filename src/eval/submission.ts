/**
 * @file One file for the leaderboard out of all result folders: the pipeline's collation, with its checks.
 *
 * Reads `<results>/<model>/<revision>/...`, compares every file's counts and ids with the data, and writes
 * `<results>/<model>/all_full_preds_and_fast_scores_causal.json`. The pipeline compares with a built-in table of counts;
 * here the data folder itself is counted, which gives the same numbers for the official data.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { spearman } from "../stats/correlation";
import { evaluationFolder, type Suite, ZERO_SHOT } from "../tasks/index";
import { loadItems } from "../tasks/load";
import { loadReading } from "../tasks/reading";
import { loadGlue, SUPERGLUE } from "../tasks/superglue";
import type { ChoiceItem, ForcedChoiceTask, PreferenceTask, ZeroShotTask } from "../tasks/task";
import { writeFileAtomic } from "../util/atomic-file";
import { readText } from "../util/text-file";
import { aoaCheckpoints } from "./age-of-acquisition";
import { PythonFloat, parsePythonJson, pythonJson, pythonStem } from "./python-format";
import { readingGain } from "./reading-gain";

export interface Prediction {
  id: string | number;
  pred: string | number;
  prob?: number;
  prev_pred?: number | null;
}

/** What every `predictions.json` holds: UID (or `reading`, or a fine-tuning task) to its predictions. */
export type Predictions = Record<string, { predictions: Prediction[] }>;

export interface CollationRequest {
  resultsFolder: string;
  modelName: string;
  revision?: string;
  /** Holds `evaluation_data/`, or is it. */
  dataRoot: string;
  /** Also the fast scores of every training checkpoint of this track; null for none. */
  fastTrack?: "strict-small" | "strict" | "multimodal" | "interaction" | null;
  /** Leave out what is missing and list it, instead of stopping. */
  partial?: boolean;
}

export interface Collation {
  file: string;
  /** Files that were missing (only with `partial`). */
  missing: string[];
}

/** @throws Error listing every missing file, or naming the file whose counts or ids are wrong */
export function collate(request: CollationRequest): Collation {
  const { revision = "main", dataRoot, fastTrack = null, partial = false } = request;
  const model = path.join(request.resultsFolder, pythonStem(request.modelName));
  const revisions = fastTrack === null ? [] : aoaCheckpoints(fastTrack);
  const wanted = [
    ...resultFiles("full").map((f) => path.join(model, revision, f.file)),
    ...SUPERGLUE.map(({ name }) => glueFile(model, revision, name)),
    ...revisions.flatMap((r) => resultFiles("fast").map((f) => path.join(model, r, f.file))),
  ];
  const missing = wanted.filter((file) => !fs.existsSync(file));
  if (missing.length > 0 && !partial) {
    throw new Error(`${missing.length} of ${wanted.length} result files are missing: ${missing.join(", ")}`);
  }
  const here = (file: string) => !missing.includes(file);
  const out = new Map<string, unknown>();
  for (const { task, key, file } of resultFiles("full")) {
    const full = path.join(model, task.kind === "age-of-acquisition" ? "main" : revision, file);
    if (!here(full)) continue;
    if (task.kind === "age-of-acquisition") out.set(key, readSurprisals(full, fastTrack));
    else {
      const predictions = readPredictions(full);
      checkPredictions(full, predictions, expectedCounts(task, dataRoot, "full"));
      out.set(key, asFloats(predictions, task));
    }
  }
  const glue = new Map<string, unknown>();
  for (const task of SUPERGLUE) {
    const file = glueFile(model, revision, task.name);
    if (!here(file)) continue;
    const predictions = readPredictions(file);
    const data = path.join(evaluationFolder(dataRoot, "full"), "glue_filtered", `${task.name}.valid.jsonl`);
    checkPredictions(file, predictions, new Map([[task.name, loadGlue(task, data).length]]));
    glue.set(task.name, predictions[task.name]);
  }
  out.set("glue", glue);
  if (revisions.length > 0) {
    const fast = new Map<string, unknown[]>();
    for (const { task, key, file } of resultFiles("fast")) {
      const present = revisions.map((r) => path.join(model, r, file)).filter(here);
      fast.set(
        key,
        present.map((f) => fastScores(task, f, dataRoot)),
      );
    }
    out.set("fast_eval_results", fast);
  }
  const file = path.join(model, "all_full_preds_and_fast_scores_causal.json");
  writeFileAtomic(file, pythonJson(out));
  return { file, missing };
}

/** The result files of a suite, with their keys in the collated file, in its order. */
function resultFiles(suite: Suite): { task: ZeroShotTask; key: string; file: string }[] {
  return ZERO_SHOT.flatMap((task) => {
    const folder = task.folder[suite];
    if (folder === null) return [];
    const base = path.join("zero_shot", "causal", task.officialName);
    const file =
      task.kind === "age-of-acquisition"
        ? path.join(base, "surprisal.json")
        : task.kind === "reading"
          ? path.join(base, "predictions.json")
          : path.join(base, folder, "predictions.json");
    return [{ task, key: task.name, file }];
  });
}

function glueFile(model: string, revision: string, task: string): string {
  return path.join(model, revision, "finetune", task, "predictions.json");
}

/** @throws Error naming the file if it is not a table of predictions */
export function readPredictions(file: string): Predictions {
  const value = parsePythonJson(readText(file)) as Predictions;
  for (const [uid, group] of Object.entries(value)) {
    if (!Array.isArray(group?.predictions)) throw new Error(`${file}: "${uid}" has no list of predictions`);
  }
  return value;
}

/** Items per UID in the data. */
function expectedCounts(task: ZeroShotTask, dataRoot: string, suite: Suite): Map<string, number> {
  const folder = path.join(evaluationFolder(dataRoot, suite), task.folder[suite] as string);
  const counts = new Map<string, number>();
  if (task.kind === "age-of-acquisition") return counts; // checked by readSurprisals
  if (task.kind === "reading") return counts.set("reading", loadReading(path.join(folder, task.file)).length);
  for (const { uid } of loadItems<ChoiceItem>(folder, task.toItem)) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  return counts;
}

/** @throws Error if a UID is missing or unknown, has another number of predictions, or ids repeat or skip */
export function checkPredictions(file: string, predictions: Predictions, expected: ReadonlyMap<string, number>): void {
  const unknown = Object.keys(predictions).filter((uid) => !expected.has(uid));
  if (unknown.length > 0) throw new Error(`${file}: predictions for ${unknown.join(", ")}, which the data do not have`);
  for (const [uid, n] of expected) {
    const list = predictions[uid]?.predictions;
    if (list === undefined) throw new Error(`${file}: no predictions for ${uid}`);
    if (list.length !== n) throw new Error(`${file}: ${uid} has ${list.length} predictions, the data have ${n} rows`);
    list.forEach(({ id }, i) => {
      const want = uid === "reading" ? i : `${uid}_${i}`;
      if (id !== want) throw new Error(`${file}: prediction ${i} of ${uid} has the id ${id}, want ${want}`);
    });
  }
}

/** Numbers that Python would write as floats. */
function asFloats(predictions: Predictions, task: ZeroShotTask): Map<string, unknown> {
  const isFloat = (key: string) => key === "prob" || key === "prev_pred" || (key === "pred" && task.kind === "reading");
  return new Map(
    Object.entries(predictions).map(([uid, group]) => [
      uid,
      {
        predictions: group.predictions.map((p) =>
          Object.fromEntries(
            Object.entries(p).map(([key, v]) => [key, isFloat(key) ? new PythonFloat((v ?? Number.NaN) as number) : v]),
          ),
        ),
      },
    ]),
  );
}

/** @throws Error unless the steps are the track's and each has the same number of entries */
function readSurprisals(file: string, track: string | null): unknown {
  const { metadata, results } = parsePythonJson(readText(file)) as {
    metadata: object;
    results: { step: string; surprisal: number }[];
  };
  const entries = new Map<string, number>();
  for (const { step } of results) entries.set(step, (entries.get(step) ?? 0) + 1);
  if (new Set(entries.values()).size > 1) {
    const list = [...entries].map(([step, n]) => `${step} ${n}`).join(", ");
    throw new Error(`${file}: the checkpoints have unequal numbers of surprisals: ${list}`);
  }
  const lacking = track === null ? [] : aoaCheckpoints(track).filter((step) => !entries.has(step));
  if (lacking.length > 0) throw new Error(`${file}: no surprisals of ${lacking.join(", ")}`);
  return { metadata, results: results.map((r) => ({ ...r, surprisal: new PythonFloat(r.surprisal ?? Number.NaN) })) };
}

/** Fractions by UID, rho, or the two reading gains as fractions. */
function fastScores(task: ZeroShotTask, file: string, dataRoot: string): unknown {
  const predictions = readPredictions(file);
  const folder = path.join(evaluationFolder(dataRoot, "fast"), task.folder.fast as string);
  checkPredictions(file, predictions, expectedCounts(task, dataRoot, "fast"));
  const float = (v: number) => new PythonFloat(v);
  if (task.kind === "reading") {
    const { selfPaced, eyeTracking } = gainOfPredictions(predictions, path.join(folder, task.file));
    return { spr: float(selfPaced / 100), rt: float(eyeTracking / 100) };
  }
  if (task.kind === "preference") return { [task.name]: float(rhoOfPredictions(task, predictions, folder)) };
  const fractions = shareRight(task as ForcedChoiceTask, predictions, folder);
  return new Map([...fractions].map(([uid, { right, n }]) => [uid, float(right / n)]));
}

/** Predictions that equal the right answer, both without outer blanks, by UID. */
export function shareRight(
  task: ForcedChoiceTask,
  predictions: Predictions,
  dataFolder: string,
): Map<string, { right: number; n: number }> {
  const out = new Map<string, { right: number; n: number }>();
  for (const { uid, answers } of loadItems(dataFolder, task.toItem)) {
    const cell = out.get(uid) ?? { right: 0, n: 0 };
    out.set(uid, cell);
    const prediction = predictions[uid]?.predictions[cell.n++];
    if (prediction !== undefined && String(prediction.pred).trim() === answers[0].trim()) cell.right++;
  }
  return out;
}

export function rhoOfPredictions(task: PreferenceTask, predictions: Predictions, dataFolder: string): number {
  const items = loadItems(dataFolder, task.toItem);
  const shares = predictions[task.name].predictions.map((p) => p.prob ?? Number.NaN);
  return spearman(
    shares,
    items.map((item) => item.humanRatio),
  );
}

/** Percent, from the stored surprisals. */
export function gainOfPredictions(
  predictions: Predictions,
  dataFile: string,
): { eyeTracking: number; selfPaced: number } {
  const list = predictions.reading.predictions;
  const rows = loadReading(dataFile).map((row, i) => ({
    ...row,
    pred: Number(list[i].pred),
    prevPred: list[i].prev_pred ?? Number.NaN,
  }));
  const gain = readingGain(rows);
  return { eyeTracking: gain.eyeTrackingPercent, selfPaced: gain.selfPacedPercent };
}
