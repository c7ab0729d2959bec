/**
 * @file Lists the files of a folder. Names that start with a dot are left out, because they are not data but files of
 * the system and of tools (`._blimp.jsonl`, `.DS_Store`, `.ipynb_checkpoints/`).
 */

import * as fs from "node:fs";
import * as path from "node:path";

/** Names of the files in a folder, sorted by code unit; sub-folders are left out. */
export function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && isVisible(entry))
    .map(({ name }) => name)
    .sort();
}

/**
 * Paths of the files in a folder and in the folders below it, relative to it with `/` as separator, sorted by code
 * unit.
 */
export function filesBelow(folder: string): string[] {
  const visit = (below: string): string[] =>
    fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      if (!isVisible(entry)) return [];
      const name = path.posix.join(below, entry.name);
      if (entry.isDirectory()) return visit(name);
      return isFile(path.join(folder, name), entry) ? [name] : [];
    });
  return visit("").sort();
}

/** A file or a link to one. */
function isFile(full: string, entry: fs.Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return fs.statSync(full, { throwIfNoEntry: false })?.isFile() ?? false;
}

const isVisible = ({ name }: fs.Dirent) => !name.startsWith(".");
