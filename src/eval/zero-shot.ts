/**
 * @file Scores one model on one zero-shot task, writes the result files, and resumes a killed run.
 *
 * Files go to `<out>/<model>/<revision>/zero_shot/causal/<task>/<data folder>/`, as in the pipeline. Our own file
 * `item-scores.jsonl` beside them has every option's log-probability.
 */

import * as path from "node:path";
import type { LanguageModel } from "../model/language-model";
import type { TaskScore } from "../results/schema";
import { zeroShotTask } from "../tasks/index";
import type { ZeroShotTask } from "../tasks/task";
import { takeLock } from "../util/lock";
import { sha256 } from "../util/sha256";
import type { Checkpoint } from "./checkpoints";
import { kindOf, zeroShotKindOf } from "./kinds/index";
import { modelResults, writeResultFiles } from "./official/folders";
import type { TextTokenizer } from "./phrase";
import { ITEM_SCORES } from "./score-items";
import { ScoreJournal } from "./score-journal";
import { OFFICIAL, type ScoringMode } from "./scoring-mode";

/** A model, a task and the folders of its data and results. */
export interface ZeroShotRequest {
  model: LanguageModel;
  tokenizer: TextTokenizer;
  /** A name from `ZERO_SHOT`, or a task of your own. */
  task: string | ZeroShotTask;
  /** The task's own folder, for example `evaluation_data/full_eval/blimp_filtered`. */
  dataFolder: string;
  /** Root folder of the results. */
  outFolder: string;
  /** Default: the model's name; its stem becomes a folder. */
  modelName?: string;
  /** Default `main`. */
  revision?: string;
  /** Default `OFFICIAL`. */
  mode?: ScoringMode;
  /**
   * Identifies this model's weights and tokenizer, for example by their checksums. With it, a killed run resumes after
   * the items already scored. Without it, every item is scored again, because the same name may have other weights.
   */
  fingerprint?: string;
  /** Age of acquisition only: the training checkpoints, first to last. */
  checkpoints?: readonly Checkpoint[];
  onProgress?: (done: number, total: number, note?: string) => void;
}

/**
 * Returns one score, or two for reading (`reading_eye_tracking`, `reading_self_paced`).
 *
 * @throws Error for bad data (`file:line`), a model that gives NaN, age of acquisition without checkpoints, or a folder
 *   that another process writes to
 */
export async function scoreZeroShot(request: ZeroShotRequest): Promise<TaskScore[]> {
  const mode = request.mode ?? OFFICIAL;
  const task = typeof request.task === "string" ? zeroShotTask(request.task, mode) : request.task;
  const folder = taskFolder(request, task);
  const unlock = takeLock(path.join(folder, "scoring.lock"), folder);
  try {
    const { scores, files } = await zeroShotKindOf(task).score(task, {
      model: request.model,
      tokenizer: request.tokenizer,
      modelName: request.modelName ?? request.model.name,
      dataFolder: request.dataFolder,
      mode,
      checkpoints: request.checkpoints ?? [],
      fingerprint: request.fingerprint,
      openJournal: (weights, data) => openJournal(path.join(folder, ITEM_SCORES), weights, data, mode),
      onProgress: request.onProgress,
    });
    writeResultFiles(folder, files);
    return scores;
  } finally {
    unlock();
  }
}

/** Folder of a task's result files. */
export function taskFolder(request: ZeroShotRequest, task: ZeroShotTask): string {
  const kind = kindOf(task);
  const revision = kind.alwaysInMain ? "main" : request.revision;
  const model = modelResults(request.outFolder, request.modelName ?? request.model.name, revision);
  return path.join(model, kind.resultFolder(task, request.dataFolder));
}

/** The journal for these weights, data and rules (BOS, NaN, protocol); empty without a fingerprint of the weights. */
function openJournal(file: string, weights: string | undefined, data: unknown, mode: ScoringMode): ScoreJournal {
  const rules = [
    mode.bos,
    ...(mode.nan === "refuse" ? [] : [mode.nan]),
    ...(mode.protocol === "2025" ? [] : [mode.protocol]),
  ];
  const fingerprint = sha256(JSON.stringify([weights ?? null, sha256(JSON.stringify(data)), ...rules]));
  return weights === undefined ? ScoreJournal.anew(file, fingerprint) : ScoreJournal.open(file, fingerprint);
}
