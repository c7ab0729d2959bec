/**
 * @file Regression test of the notebooks: executes copies, compares them, and saves changes beside them as
 * `*-changed.*`.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Figure } from "../../figures/figure";
import { writeFileAtomic } from "../../util/atomic-file";
import { openImageMaker } from "../images/static-images";
import { cleanNotebook } from "./clean-notebook";
import { type CompareOptions, compareNotebooks } from "./compare-notebooks";
import { executeNotebooks, type RunOptions } from "./execute";
import { readNotebook, writeNotebook } from "./notebook-file";
import { notebookName } from "./refresh";

export interface NotebookDifference {
  file: string;
  message: string;
}

/**
 * Execute copies of `files` from fresh kernels and compare them with the files.
 *
 * For a notebook that differs, the fresh run is saved as `<name>-changed.ipynb`; for each figure that differs, both are
 * saved as `<name>-cell-<n>-changed.json` and, if there is a browser, as one picture `<name>-cell-<n>-changed.png`
 * (committed above, fresh below). Earlier files of this kind are removed. git ignores them.
 */
export async function testNotebooks(
  files: readonly string[],
  options: RunOptions & CompareOptions & { chromium: string | null },
): Promise<NotebookDifference[]> {
  const outputFolder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-notebooks-"));
  const differences: NotebookDifference[] = [];
  try {
    for (const file of files) removeOld(file);
    // Solutions have the same names as their notebooks, so each needs its own folder.
    for (const folder of new Set(files.map((f) => path.dirname(f)))) {
      const members = files.filter((f) => path.dirname(f) === folder);
      const runs = await executeNotebooks(members, {
        ...options,
        outputFolder: path.join(outputFolder, path.basename(folder)),
        allowErrors: true,
      });
      for (const [i, file] of members.entries()) {
        const fresh = readNotebook(runs[i]);
        const found = compareNotebooks(cleanNotebook(readNotebook(file)), cleanNotebook(fresh), options);
        if (found.length > 0) writeNotebook(beside(file, "-changed.ipynb"), cleanNotebook(fresh));
        for (const { cell, message, figures } of found) {
          differences.push({ file, message });
          if (figures !== undefined) await leaveFigures(file, cell, figures, options.chromium);
        }
      }
    }
  } finally {
    fs.rmSync(outputFolder, { recursive: true, force: true });
  }
  return differences;
}

function beside(file: string, ending: string): string {
  return path.join(path.dirname(file), `${notebookName(file)}${ending}`);
}

function removeOld(file: string): void {
  for (const name of fs.readdirSync(path.dirname(file))) {
    if (name.startsWith(notebookName(file)) && name.includes("-changed.")) {
      fs.rmSync(path.join(path.dirname(file), name));
    }
  }
}

async function leaveFigures(
  file: string,
  cell: number,
  figures: { committed: unknown; fresh: unknown },
  chromium: string | null,
): Promise<void> {
  writeFileAtomic(beside(file, `-cell-${cell + 1}-changed.json`), `${JSON.stringify(figures, null, 1)}\n`);
  if (chromium === null) return;
  const maker = await openImageMaker(chromium);
  try {
    const png = await maker.drawBoth(figures.committed as Figure, figures.fresh as Figure);
    writeFileAtomic(beside(file, `-cell-${cell + 1}-changed.png`), png);
  } finally {
    await maker.close();
  }
}
