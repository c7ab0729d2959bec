/** @file The pipeline's folders for data and results, and what is missing in a data folder. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Suite } from "../../tasks/index";
import { jsonlFiles } from "../../tasks/load";
import { writeFileAtomic } from "../../util/atomic-file";
import { checkIfListed, MANIFEST, renewManifest } from "../../util/manifest";
import { readText } from "../../util/text-file";
import { pythonStem } from "./python-format";

/**
 * The folder of a suite, `evaluation_data/full_eval` or `evaluation_data/fast_eval`.
 *
 * @param data - a folder with `evaluation_data/` in it, that folder, or one of the two suites
 */
export function suiteFolder(data: string, suite: Suite): string {
  if (suiteNamed(data) !== null) return path.join(path.dirname(path.resolve(data)), `${suite}_eval`);
  const inside = path.join(data, "evaluation_data");
  return path.join(fs.existsSync(inside) ? inside : data, `${suite}_eval`);
}

/** The suite that a folder's name says, `full_eval` or `fast_eval`; null for any other name. */
export function suiteNamed(data: string): Suite | null {
  const name = path.basename(path.resolve(data));
  return name === "full_eval" ? "full" : name === "fast_eval" ? "fast" : null;
}

/** `<results>/<model>/<revision>`; the model is named by its stem, so `model-v1.5` becomes `model-v1`. */
export function modelResults(resultsFolder: string, modelName: string, revision = "main"): string {
  return path.join(resultsFolder, pythonStem(modelName), revision);
}

/**
 * Zero-shot results below a model's folder.
 *
 * @param dataFolder - its stem becomes a folder; null for tasks without such a folder in the pipeline
 */
export function zeroShotResults(officialName: string, dataFolder: string | null): string {
  const folder = path.join("zero_shot", "causal", officialName);
  return dataFolder === null ? folder : path.join(folder, pythonStem(dataFolder));
}

/** Write result files atomically, with their checksums beside them. */
export function writeResultFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileAtomic(path.join(folder, name), text);
  renewManifest(folder, Object.keys(files));
}

/** Read a result file: ours, verified by its manifest, or the pipeline's. @throws Error naming an altered file */
export function readResultFile(file: string): string {
  checkIfListed(file, `score the task again; if the file was changed on purpose, delete ${MANIFEST} beside it`);
  return readText(file);
}

/** Why a folder of `.jsonl` files cannot be used; null if it can. */
export function whyNoRows(dataFolder: string, shown: string): string | null {
  if (!fs.existsSync(dataFolder)) return `no folder ${shown}`;
  return jsonlFiles(dataFolder).length > 0 ? null : `no .jsonl file in ${shown}`;
}

/** Why a folder that needs these files cannot be used; null if it can. */
export function whyNoFiles(dataFolder: string, shown: string, files: readonly string[]): string | null {
  if (!fs.existsSync(dataFolder)) return `no folder ${shown}`;
  const missing = files.filter((file) => !fs.existsSync(path.join(dataFolder, file)));
  return missing.length === 0 ? null : `no ${missing.map((file) => `${shown}/${file}`).join(", ")}`;
}
