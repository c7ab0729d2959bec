/**
 * @file Reads and writes `SHA256SUMS` of a folder: checksums of files whose format has no field for one. The format is
 * that of the tool `sha256sum`, so `sha256sum --check SHA256SUMS` in the folder verifies them as well.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { writeFileAtomic } from "./atomic-file";
import { messageOf, printable } from "./check";
import { sha256File } from "./sha256";
import { readText } from "./text-file";
import { warnOnce } from "./warn";

export const MANIFEST = "SHA256SUMS";

const REWRITE = "put the file back, or write the folder again";

/**
 * Write the checksums of these files; those of other files in the manifest are kept while the files exist.
 *
 * @param names - relative to the folder, with "/" between folders
 * @param known - checksums by name of files that will be written next
 */
export function renewManifest(folder: string, names: readonly string[], known: Record<string, string> = {}): void {
  const sums = new Map<string, string>();
  for (const [name, sum] of listedSums(folder, () => {}) ?? []) {
    if (fs.existsSync(path.join(folder, name))) sums.set(name, sum);
  }
  for (const name of names) sums.set(name, sha256File(path.join(folder, name)));
  for (const [name, sum] of Object.entries(known)) sums.set(name, sum);
  const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sum]) => `${sum}  ${name}\n`);
  writeFileAtomic(path.join(folder, MANIFEST), lines.join(""));
}

/** Remove the manifest of a folder before its files are rewritten. */
export function dropManifest(folder: string): void {
  fs.rmSync(path.join(folder, MANIFEST), { force: true });
}

/**
 * Verify one of our files with the manifest of its folder. A folder of an earlier version, without a manifest, gives a
 * warning.
 *
 * @param remedy - what to do about an altered file, for the message
 * @throws Error naming the file if it is missing, not in the manifest, or altered
 */
export function checkListed(file: string, remedy: string): void {
  const folder = path.dirname(file);
  const sums = listedSums(folder);
  if (sums === null) {
    warnOnce(`${folder}: has no ${MANIFEST} (earlier version); its files are read without verification`);
    return;
  }
  const name = path.basename(file);
  const sum = sums.get(name);
  if (sum === undefined) throw new Error(`${file}: is not listed in ${MANIFEST} beside it; ${remedy}`);
  compare(file, sum, remedy);
}

/**
 * The same for a file that may come from another program: a folder without a manifest is accepted.
 *
 * @throws Error as `checkListed`
 */
export function checkIfListed(file: string, remedy: string): void {
  if (fs.existsSync(path.join(path.dirname(file), MANIFEST))) checkListed(file, remedy);
}

/**
 * Verify every listed file of a folder; a folder without a manifest is not ours and is accepted.
 *
 * @throws Error naming the first file that is missing or altered
 */
export function checkFolder(folder: string, remedy: string): void {
  for (const [name, sum] of listedSums(folder) ?? []) compare(path.join(folder, name), sum, remedy);
}

/** @throws Error naming the file if it is missing or its SHA-256 differs */
export function compare(file: string, sum: string, remedy: string): void {
  let found: string;
  try {
    found = sha256File(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error(`${file}: no such file; ${remedy}`);
    throw new Error(`${file}: cannot be read: ${messageOf(error)}`);
  }
  if (found !== sum) throw new Error(`${file}: was altered (its SHA-256 differs); ${remedy}`);
}

function listedSums(
  folder: string,
  malformed = (message: string): void => {
    throw new Error(message);
  },
): Map<string, string> | null {
  const file = path.join(folder, MANIFEST);
  if (!fs.existsSync(file)) return null;
  const sums = new Map<string, string>();
  const text = readText(file);
  if (!text.endsWith("\n")) malformed(`${file}: was cut off; ${REWRITE}`);
  for (const [i, line] of text.split("\n").slice(0, -1).entries()) {
    const match = /^([0-9a-f]{64}) {2}(\S.*)$/.exec(line);
    const isInside = match !== null && !path.isAbsolute(match[2]) && !match[2].split("/").includes("..");
    if (match === null || !isInside || printable(line) !== line)
      malformed(`${file}:${i + 1}: want a SHA-256, two blanks and a file of this folder; ${REWRITE}`);
    else sums.set(match[2], match[1]);
  }
  return sums;
}
