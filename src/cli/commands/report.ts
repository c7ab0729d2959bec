/** @file `report`: the executed notebooks as a folder of HTML pages that needs no network. */

import * as path from "node:path";
import type { Command } from "commander";
import { buildReport } from "../../notebook/report";
import { findJupyter, NO_JUPYTER, notebookFiles } from "../../notebook/run";
import { projectRoot } from "../../util/project-root";

export function register(program: Command): void {
  program
    .command("report")
    .description("write the notebooks as HTML pages that work without a network")
    .option("--out <folder>", "where to write", path.join(projectRoot(), "report"))
    .action(async (options: { out: string }) => {
      const jupyter = findJupyter();
      if (jupyter === null) throw new Error(NO_JUPYTER);
      const outputFolder = path.resolve(options.out);
      const [index, ...pages] = await buildReport({ notebooks: notebookFiles(), outputFolder, jupyter });
      process.stdout.write(`${pages.length} pages and ${index}\n`);
    });
}
