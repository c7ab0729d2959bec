/** @file `exports`: write notebooks/exports.md, the list of names that notebooks can import. */

import * as path from "node:path";
import type { Command } from "commander";
import { writeExportsPage } from "../../notebook/reports/exports-page";
import { projectRoot } from "../../util/project-root";

export function register(program: Command): void {
  program
    .command("exports")
    .description("write notebooks/exports.md, the list of names that notebooks can import")
    .action(() => {
      process.stdout.write(`wrote ${path.relative(projectRoot(), writeExportsPage())}\n`);
    });
}
