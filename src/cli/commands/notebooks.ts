/**
 * @file `notebooks run | test | clean`: execute notebooks in place, compare a fresh run with the committed notebooks,
 * strip metadata.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { cleanNotebook } from "../../notebook/execution/clean-notebook";
import { findJupyter, NO_JUPYTER, notebookFiles, solutionFiles } from "../../notebook/execution/execute";
import { readNotebook, writeNotebook } from "../../notebook/execution/notebook-file";
import { refreshNotebooks } from "../../notebook/execution/refresh";
import { testNotebooks } from "../../notebook/execution/test-notebooks";
import { findChromium } from "../../notebook/images/browser";
import { pictureFaults } from "../../notebook/images/figure-files";
import { openPictures } from "../../notebook/images/pictures";
import { thumbnailFaults, writeThumbnails } from "../../notebook/images/thumbnails";
import { initBackend } from "../../tensor";
import { duration } from "../../util/format";
import { projectRoot } from "../../util/project-root";

/** Number of notebooks executed at the same time: each kernel starts and compiles on one core. */
const AT_ONCE = Math.min(2, os.availableParallelism());

/** A picture per notebook, for the README. */
const THUMBNAILS = path.join(projectRoot(), "figures", "thumbnails");

export function register(program: Command): void {
  const notebooks = program.command("notebooks").description("execute, compare or clean the notebooks");

  notebooks
    .command("run")
    .description("execute notebooks in place, each in a fresh kernel, and add pictures of the figures")
    .argument("[files...]", "notebook files, or their numbers such as 02; default: all, with their solutions")
    .action(runNotebooks);

  notebooks
    .command("test")
    .description("execute copies in fresh kernels and compare them with the committed notebooks")
    .argument("[files...]", "notebook files, or their numbers such as 02; default: all, with their solutions")
    .action(async (names: string[]) => {
      const jupyter = requireJupyter();
      const files = chosen(names);
      const { name: backend } = await initBackend();
      const exactTraining = backend === "native"; // these backends give the same numbers on every machine
      report(
        exactTraining
          ? "losses of live training are compared exactly (native kernels)"
          : `losses of live training are compared within the tolerance of their cells (backend ${backend})`,
      );
      const differences = await testNotebooks(files, {
        jupyter,
        chromium: findChromium(),
        exactTraining,
        parallel: AT_ONCE,
        onDone: reportTime,
      });
      for (const { file, message } of differences) report(`${relative(file)}: ${message}`);
      const stale = names.length > 0 ? [] : pictureFaults(path.join(projectRoot(), "figures"));
      const small = names.length > 0 ? [] : thumbnailFaults(notebookFiles(), THUMBNAILS);
      for (const fault of small) report(`figures/thumbnails/${fault}; run "npm run class-it -- notebooks run"`);
      for (const fault of stale) report(`figures/${fault}; run "npm run figures"`);
      report(
        `${files.length} notebooks, ${differences.length} differences; ${stale.length + small.length} stale pictures in figures/`,
      );
      if (differences.length + stale.length + small.length > 0) process.exitCode = 1;
    });

  notebooks
    .command("clean")
    .description("remove metadata, ids and colour codes; outputs stay")
    .argument("[files...]", "notebook files, or their numbers such as 02; default: all, with their solutions")
    .action((names: string[]) => {
      for (const file of chosen(names)) {
        const before = fs.readFileSync(file, "utf8");
        writeNotebook(file, cleanNotebook(readNotebook(file)));
        if (fs.readFileSync(file, "utf8") !== before) report(`cleaned ${relative(file)}`);
      }
    });
}

/** @throws Error for a notebook that does not exist, listing those that do */
function chosen(names: readonly string[]): string[] {
  const all = [...notebookFiles(), ...solutionFiles()];
  if (names.length === 0) return all;
  return names.flatMap((name) => {
    if (name.endsWith(".ipynb") && fs.existsSync(name)) return [path.resolve(name)];
    const found = all.filter((file) => path.basename(file).startsWith(name));
    if (found.length === 0) {
      throw new Error(
        `no notebook "${name}"; one of ${notebookFiles()
          .map((f) => path.basename(f))
          .join(", ")}`,
      );
    }
    return found;
  });
}

/** Execute notebooks in place; by default all of them. @throws Error if there is no Jupyter, or a cell fails */
export async function runNotebooks(names: string[] = []): Promise<void> {
  const files = chosen(names);
  await refreshNotebooks(files, { jupyter: requireJupyter(), report, parallel: AT_ONCE, onDone: reportTime });
  const pictures = openPictures(report);
  try {
    await writeThumbnails(
      notebookFiles().filter((file) => files.includes(file)),
      THUMBNAILS,
      pictures,
    );
  } finally {
    await pictures.close();
  }
}

function requireJupyter(): string {
  const jupyter = findJupyter();
  if (jupyter === null) throw new Error(NO_JUPYTER);
  return jupyter;
}

function reportTime(file: string, seconds: number): void {
  report(`${relative(file)}  ${duration(seconds)}`);
}

function relative(file: string): string {
  return path.relative(projectRoot(), file);
}

function report(text: string): void {
  process.stderr.write(`${text}\n`);
}
