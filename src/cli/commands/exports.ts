/** @file `exports`: write the page of what a notebook can import, notebooks/exports.md. */

import * as path from "node:path";
import type { Command } from "commander";
import { writeExportsPage } from "../../notebook/reports/exports-page";
import { projectRoot } from "../../util/project-root";

export function register(program: Command): void {
  program
    .command("exports")
    .description("write the page of what a notebook can import, notebooks/exports.md")
    .action(() => {
      process.stdout.write(`wrote ${path.relative(projectRoot(), writeExportsPage())}\n`);
    });
}
