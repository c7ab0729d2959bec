/**
 * @file Records which evaluation files stand in for a data set that is not available, and what they are.
 *
 * The record is `evaluation_data/stand-ins.json`, written at import. Scoring and fine-tuning on such a file print a
 * warning.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { readJson, writeJson } from "../util/jsonl";
import { sha256File } from "../util/sha256";
import { warnOnce } from "../util/warn";

const FILE = "stand-ins.json";

/**
 * By path below `evaluation_data`: a description, and the checksum, so that another file of the same name does not
 * count.
 */
type Labels = Record<string, { is: string; sha256: string }>;

/**
 * The stand-in files by path (`full_eval/glue_filtered/boolq.train.jsonl`), with a description of each.
 *
 * @param folder - `evaluation_data`; its labelled files are read to verify their checksums
 * @throws Error naming the file of labels if it is malformed
 */
export function readStandIns(folder: string): Readonly<Record<string, string>> {
  const standIns = Object.entries(readLabels(folder)).filter(([name, { sha256 }]) => {
    const file = path.join(folder, name);
    return fs.existsSync(file) && sha256File(file) === sha256;
  });
  return Object.fromEntries(standIns.map(([name, { is }]) => [name, is]));
}

/**
 * Warn about each file of a task that is a stand-in, once per process.
 *
 * @param dataFolder - the task's folder, `evaluation_data/<suite>/<folder>`
 * @param names - the task's files in it; default all
 */
export function warnOfStandIns(task: string, dataFolder: string, names?: readonly string[]): void {
  const root = path.resolve(dataFolder, "..", "..");
  const own = path.relative(root, path.resolve(dataFolder)).split(path.sep).join("/");
  for (const [name, is] of Object.entries(readStandIns(root))) {
    if (path.posix.dirname(name) !== own || names?.includes(path.posix.basename(name)) === false) continue;
    warnOnce(`${task}: ${path.join(root, name)} is a stand-in (${is}); do not compare its score with official scores`);
  }
}

/** Record that the file `name` below `folder` (`evaluation_data`) is a stand-in. */
export function labelStandIn(folder: string, name: string, is: string): void {
  const labels = { ...readLabels(folder), [name]: { is, sha256: sha256File(path.join(folder, name)) } };
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  writeJson(path.join(folder, FILE), Object.fromEntries(sorted));
}

function readLabels(folder: string): Labels {
  const file = path.join(folder, FILE);
  if (!fs.existsSync(file)) return {};
  const labels = readJson<Labels>(file);
  const isText = (value: unknown) => typeof value === "string";
  const isRight =
    typeof labels === "object" &&
    labels !== null &&
    Object.values(labels).every((l) => isText(l?.is) && isText(l?.sha256));
  if (!isRight) throw new Error(`${file}: want {path: {is, sha256}}; delete it and import the data again`);
  return labels;
}
