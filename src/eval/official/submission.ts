/**
 * @file Combines all result folders into one file for the leaderboard: the pipeline's collation, with its checks.
 *
 * Reads `<results>/<model>/<revision>/...`, compares every file's counts and ids with the data, and writes
 * `<results>/<model>/all_full_preds_and_fast_scores_causal.json`. The pipeline compares with a built-in table of
 * counts; here the rows of the data folder are counted, which gives the same numbers for the official data.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { type Suite, TASKS, tasksUnder } from "../../tasks/index";
import type { Task } from "../../tasks/task";
import { writeFileAtomic } from "../../util/atomic-file";
import { taskDataFolder } from "../available-tasks";
import { trackCheckpoints } from "../checkpoints";
import { kindOf } from "../kinds/index";
import { OFFICIAL, type ScoringMode } from "../scoring-mode";
import { modelResults } from "./folders";
import { pythonJson } from "./python-format";

/** The results to collate, and the data to check them against. */
export interface CollationRequest {
  resultsFolder: string;
  modelName: string;
  /** Default `main`. */
  revision?: string;
  /** The folder `evaluation_data/`, or one that contains it. */
  dataRoot: string;
  /** Also include the fast scores of every training checkpoint of this track; null for none. */
  fastTrack?: "strict-small" | "strict" | "multimodal" | "interaction" | null;
  /** Leave out missing files and list them, instead of stopping. */
  partial?: boolean;
  /** Default: all tasks of the protocol. */
  tasks?: readonly Task[];
  /** The mode whose protocol the results have; default the official mode of 2025. */
  mode?: ScoringMode;
}

/** The collated file. */
export interface Collation {
  file: string;
  /** Files that were missing (only with `partial`). */
  missing: string[];
}

/** A task's result file, and its data. */
interface ResultFile {
  task: Task;
  file: string;
  dataFolder: string;
}

/**
 * Collate a model's result files into one.
 *
 * @throws Error listing every missing file, or naming the file whose counts or ids are wrong
 */
export function collate(request: CollationRequest): Collation {
  const { revision = "main", fastTrack = null, partial = false } = request;
  const full = resultFiles(request, revision, "full");
  const steps = fastTrack === null ? [] : trackCheckpoints(fastTrack);
  const fast = steps.flatMap((step) => resultFiles(request, step, "fast"));
  const wanted = [...full, ...fast].map(({ file }) => file);
  const missing = wanted.filter((file) => !fs.existsSync(file));
  if (missing.length > 0 && !partial) {
    throw new Error(`${missing.length} of ${wanted.length} result files are missing: ${missing.join(", ")}`);
  }
  const isHere = ({ file }: ResultFile) => !missing.includes(file);

  const out = new Map<string, unknown>();
  for (const result of full) {
    const { task, file, dataFolder } = result;
    const { section, collated } = kindOf(task);
    const place = section === null ? out : subMap(out, section);
    if (isHere(result)) place.set(task.name, collated(task, file, dataFolder, fastTrack));
  }
  if (steps.length > 0) {
    const scores = subMap(out, "fast_eval_results");
    for (const { task } of resultFiles(request, revision, "fast")) {
      const present = fast.filter((result) => result.task === task && isHere(result));
      scores.set(
        task.name,
        present.map(({ file, dataFolder }) => kindOf(task).fastScores(task, file, dataFolder)),
      );
    }
  }
  const file = path.join(path.dirname(modelResults(request.resultsFolder, request.modelName)), COLLATED);
  writeFileAtomic(file, pythonJson(out));
  return { file, missing };
}

const COLLATED = "all_full_preds_and_fast_scores_causal.json";

/** The result files of a suite, in the order of the collated file. */
function resultFiles(request: CollationRequest, revision: string, suite: Suite): ResultFile[] {
  const tasks = tasksUnder(request.mode ?? OFFICIAL, request.tasks ?? TASKS).filter(({ isExtra }) => isExtra !== true);
  return tasks.flatMap((task) => {
    const kind = kindOf(task);
    const dataFolder = taskDataFolder(task, request.dataRoot, suite);
    if (dataFolder === null) return [];
    const model = modelResults(request.resultsFolder, request.modelName, kind.alwaysInMain ? "main" : revision);
    return [{ task, dataFolder, file: path.join(model, kind.resultFolder(task, dataFolder), kind.resultFile) }];
  });
}

/** The map under a key, created if absent. */
function subMap(map: Map<string, unknown>, key: string): Map<string, unknown> {
  const found = map.get(key) as Map<string, unknown> | undefined;
  if (found !== undefined) return found;
  const made = new Map<string, unknown>();
  map.set(key, made);
  return made;
}
