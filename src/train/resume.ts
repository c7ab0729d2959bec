/**
 * @file Checkpoints for resuming a run: checksummed and written atomically.
 *
 * A checkpoint is a folder `checkpoint-<step>` with the weights, the optimizer's moments and `state.json`. It is
 * written under a temporary name and renamed when every byte is on disk, so a kill never leaves a partial checkpoint.
 * Random streams need no saved state: they depend on names only, and the position in the data is a count.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { SafetensorsFile, safetensorsParts, type TensorData, writeSafetensors } from "../model/checkpoint/safetensors";
import type { Precision } from "../tensor";
import { writeFileAtomic } from "../util/atomic-file";
import { messageOf } from "../util/check";
import { sha256, sha256File } from "../util/sha256";
import { readText } from "../util/text-file";
import { writeInBackground } from "./background-files";

/** State of the training after `step` updates. */
export interface TrainingState {
  step: number;
  /** Current epoch, from 0; then its finished updates. */
  epoch: number;
  stepInEpoch: number;
  /** Input tokens seen in this stage. */
  tokensSeen: number;
  /** Words of the documents that were seen to their end: a whole number. */
  wordsFinished: number;
  /**
   * `wordsFinished` plus the seen share of the current document. Recomputed each time, because a running sum would
   * drift.
   */
  wordsSeen: number;
  /** Best validation loss so far, and its step. */
  best: { step: number; lossNats: number } | null;
  /**
   * SHA-256 of `best/weights.safetensors`; absent before the first validation, and in checkpoints of earlier versions.
   */
  bestSha256?: string;
  /** Checksums of the tables up to this step, by file; absent in checkpoints of earlier versions. */
  tables?: Record<string, string>;
  /** Running mean and variance of the training loss, for the spike warning. */
  running: { mean: number; variance: number; count: number };
  /** Precisions of the updates' matrix products, in order of use; absent: all float32. */
  precisions?: Precision[];
  /** Hashes of the inputs that must not change between runs: configuration, data, tokenizer. */
  fingerprints: Record<string, string>;
}

export interface Checkpoint {
  folder: string;
  state: TrainingState;
  weights: SafetensorsFile;
  optimizer: SafetensorsFile;
}

const WEIGHTS = "weights.safetensors";
const OPTIMIZER = "optimizer.safetensors";
const STATE = "state.json";

/** Write `checkpoint-<step>` and then remove all but the `keep` newest. @throws Error naming the file, disk full included */
export function saveCheckpoint(
  stageFolder: string,
  state: TrainingState,
  weights: Iterable<[string, TensorData]>,
  optimizer: Iterable<[string, TensorData]>,
  keep: number,
): string {
  const folder = folderOf(stageFolder, state);
  const temporary = emptyTemporary(folder);
  try {
    writeSafetensors(path.join(temporary, WEIGHTS), weights);
    writeSafetensors(path.join(temporary, OPTIMIZER), optimizer);
    publish(
      folder,
      state,
      [WEIGHTS, OPTIMIZER].map((name) => sha256File(path.join(temporary, name))),
      keep,
    );
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/**
 * The same in a worker thread, while training goes on.
 *
 * @param weights, optimizer - copies that nothing else uses; their memory is handed over
 * @param tables - files that are flushed to disk before the checkpoint is complete
 */
export async function saveCheckpointInBackground(
  stageFolder: string,
  state: TrainingState,
  weights: Iterable<[string, TensorData]>,
  optimizer: Iterable<[string, TensorData]>,
  keep: number,
  tables: readonly string[],
): Promise<void> {
  const frozen = structuredClone(state);
  const folder = folderOf(stageFolder, state);
  const temporary = emptyTemporary(folder);
  const files = [
    { file: path.join(temporary, WEIGHTS), parts: safetensorsParts(weights) },
    { file: path.join(temporary, OPTIMIZER), parts: safetensorsParts(optimizer) },
  ];
  try {
    publish(folder, frozen, await writeInBackground(files, tables), keep);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

const folderOf = (stageFolder: string, { step }: TrainingState) =>
  path.join(stageFolder, `checkpoint-${String(step).padStart(8, "0")}`);

function emptyTemporary(folder: string): string {
  const temporary = `${folder}.tmp`;
  fs.rmSync(temporary, { recursive: true, force: true });
  fs.mkdirSync(temporary, { recursive: true });
  return temporary;
}

/** Complete a checkpoint whose large files are on disk, and remove old ones. @param sums - of weights and optimizer */
function publish(folder: string, state: TrainingState, [weights, optimizer]: readonly string[], keep: number): void {
  const stageFolder = path.dirname(folder);
  const temporary = `${folder}.tmp`;
  const body = { state, files: { [WEIGHTS]: weights, [OPTIMIZER]: optimizer } };
  const text = `${JSON.stringify({ ...body, sha256: sha256(JSON.stringify(body)) }, null, 2)}\n`;
  writeFileAtomic(path.join(temporary, STATE), text);
  fs.rmSync(folder, { recursive: true, force: true }); // from an earlier save of the same step
  fs.renameSync(temporary, folder);
  syncFolder(stageFolder);
  const old = listCheckpoints(stageFolder).slice(0, -keep);
  for (const name of old) fs.rmSync(path.join(stageFolder, name), { recursive: true, force: true });
}

/**
 * The newest checkpoint, verified; null if there is none.
 *
 * @throws Error naming the file if it is unreadable or altered, or naming the changed input; nothing on disk is then
 *   changed
 */
export function loadLatestCheckpoint(stageFolder: string, fingerprints: Record<string, string>): Checkpoint | null {
  const newest = listCheckpoints(stageFolder).at(-1);
  if (newest === undefined) return null;
  const folder = path.join(stageFolder, newest);
  const advice = `Put the file back, or delete ${folder} to resume from the checkpoint before it.`;
  const { state, files } = readState(path.join(folder, STATE), advice);
  checkFingerprints(path.join(folder, STATE), state.fingerprints, fingerprints);
  for (const name of [WEIGHTS, OPTIMIZER]) {
    const file = path.join(folder, name);
    let sum: string;
    try {
      sum = sha256File(file);
    } catch (error) {
      throw new Error(`${file}: cannot be read: ${messageOf(error)}. ${advice}`);
    }
    if (sum !== files[name])
      throw new Error(`${file}: has changed since it was written (its SHA-256 differs). ${advice}`);
  }
  const weights = SafetensorsFile.open(path.join(folder, WEIGHTS));
  return { folder, state, weights, optimizer: SafetensorsFile.open(path.join(folder, OPTIMIZER)) };
}

/** @throws Error saying whether config, data or tokenizer differ from those recorded in `file` */
export function checkFingerprints(file: string, then: Record<string, string>, now: Record<string, string>): void {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  const changed = names.filter((name) => then[name] !== now[name]);
  if (changed.length === 0) return;
  const details = changed.map((name) => `${name} (was ${short(then[name])}, is ${short(now[name])})`).join("; ");
  throw new Error(
    `${file}: this run was made with other inputs: ${details}. Restore them to resume, or start a run in another folder.`,
  );
}

/** Remove incomplete files of a killed process, and all checkpoints if `all`. */
export function cleanCheckpoints(stageFolder: string, all = false): void {
  if (!fs.existsSync(stageFolder)) return;
  for (const name of fs.readdirSync(stageFolder)) {
    if (/^checkpoint-\d+\.tmp$/.test(name) || (all && /^checkpoint-\d+$/.test(name))) {
      fs.rmSync(path.join(stageFolder, name), { recursive: true, force: true });
    }
  }
}

/** Oldest first. */
function listCheckpoints(stageFolder: string): string[] {
  if (!fs.existsSync(stageFolder)) return [];
  return fs
    .readdirSync(stageFolder)
    .filter((name) => /^checkpoint-\d+$/.test(name))
    .sort((a, b) => Number(a.slice(11)) - Number(b.slice(11)));
}

function readState(file: string, advice: string): { state: TrainingState; files: Record<string, string> } {
  let parsed: { state: TrainingState; files: Record<string, string>; sha256: string };
  try {
    parsed = JSON.parse(readText(file));
  } catch (error) {
    throw new Error(`${file}: cannot be read: ${messageOf(error)}. ${advice}`);
  }
  const { sha256: sum, ...body } = parsed;
  if (sum !== sha256(JSON.stringify(body))) throw new Error(`${file}: has been altered. ${advice}`);
  if (!Number.isSafeInteger(body.state.wordsFinished)) {
    throw new Error(
      `${file}: was written by an earlier version, which did not count words exactly (no wordsFinished). ` +
        `Delete ${path.dirname(path.dirname(file))} to train this stage again.`,
    );
  }
  return body;
}

function short(fingerprint: string | undefined): string {
  return fingerprint === undefined ? "absent" : fingerprint.slice(0, 12);
}

/** Make a rename durable; some systems cannot open a folder. */
function syncFolder(folder: string): void {
  try {
    const fd = fs.openSync(folder, "r");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // Windows
  }
}
