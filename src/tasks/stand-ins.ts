/**
 * @file Evaluation data that stand in for a set that cannot be had: which files, and what they are.
 *
 * `evaluation_data/stand-ins.json`, written where such data are imported. Whoever shows a number of such a file says so.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { readJson, writeJson } from "../util/jsonl";
import { sha256File } from "../util/sha256";

const FILE = "stand-ins.json";

/** By path below `evaluation_data`: what the file is, and its checksum, so that another file of the name is none. */
type Labels = Record<string, { is: string; sha256: string }>;

/**
 * The files that are stand-ins, by path (`full_eval/glue_filtered/boolq.train.jsonl`), with a sentence that says what each is.
 *
 * @param folder - `evaluation_data`; its labelled files are read, to see whether they are still those
 * @throws Error naming the file of labels if it is not in its form
 */
export function readStandIns(folder: string): Readonly<Record<string, string>> {
  const standIns = Object.entries(readLabels(folder)).filter(([name, { sha256 }]) => {
    const file = path.join(folder, name);
    return fs.existsSync(file) && sha256File(file) === sha256;
  });
  return Object.fromEntries(standIns.map(([name, { is }]) => [name, is]));
}

/** Note that the file `name` below `folder` (`evaluation_data`) is a stand-in. */
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
