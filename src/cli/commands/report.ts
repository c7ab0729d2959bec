/** @file `report`: the executed notebooks as a folder of HTML pages that needs no network. */

import * as path from "node:path";
import type { Command } from "commander";
import { buildReport } from "../../notebook/report";
import { findJupyter, NO_JUPYTER, notebookFiles } from "../../notebook/run";
import { projectRoot } from "../../util/project-root";

const DEFAULT_FOLDER = path.join(projectRoot(), "report");

export function register(program: Command): void {
  program
    .command("report")
    .description("write the notebooks as HTML pages that work without a network")
    .option("--out <folder>", "where to write", DEFAULT_FOLDER)
    .action(writeReport);
}

/** @throws Error if there is no Jupyter */
export async function writeReport({ out }: { out: string } = { out: DEFAULT_FOLDER }): Promise<void> {
  const jupyter = findJupyter();
  if (jupyter === null) throw new Error(NO_JUPYTER);
  const [index, ...pages] = await buildReport({ notebooks: notebookFiles(), outputFolder: path.resolve(out), jupyter });
  process.stdout.write(`${pages.length} pages and ${path.relative(projectRoot(), index)}\n`);
}
