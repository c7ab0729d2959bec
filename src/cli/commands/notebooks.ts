/** @file `notebooks run | test | clean`: execute the notebooks as they are committed, compare, strip needless metadata. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { cleanNotebook } from "../../notebook/execution/clean-notebook";
import { findJupyter, NO_JUPYTER, notebookFiles, solutionFiles } from "../../notebook/execution/execute";
import { readNotebook, writeNotebook } from "../../notebook/execution/notebook-file";
import { refreshNotebooks } from "../../notebook/execution/refresh";
import { testNotebooks } from "../../notebook/execution/test-notebooks";
import { findChromium, NO_BROWSER } from "../../notebook/images/browser";
import { duration } from "../../util/format";
import { projectRoot } from "../../util/project-root";

/** Notebooks executed at a time: their kernels start and compile on one core each. */
const AT_ONCE = Math.min(2, os.availableParallelism());

export function register(program: Command): void {
  const notebooks = program.command("notebooks").description("execute, compare or clean the notebooks");

  notebooks
    .command("run")
    .description("execute notebooks in place, from fresh kernels, and add static pictures")
    .argument("[files...]", "notebook files, or their numbers such as 02; default all, with their solutions")
    .action(runNotebooks);

  notebooks
    .command("test")
    .description("execute copies from fresh kernels and compare them with what is committed")
    .argument("[files...]", "notebook files, or their numbers such as 02; default all, with their solutions")
    .action(async (names: string[]) => {
      const jupyter = requireJupyter();
      const files = chosen(names);
      const differences = await testNotebooks(files, {
        jupyter,
        chromium: findChromium(),
        parallel: AT_ONCE,
        onDone: sayTime,
      });
      for (const { file, message } of differences) say(`${relative(file)}: ${message}`);
      say(`${files.length} notebooks, ${differences.length} differences`);
      if (differences.length > 0) process.exitCode = 1;
    });

  notebooks
    .command("clean")
    .description("strip metadata, ids and colour codes; outputs stay")
    .argument("[files...]", "notebook files, or their numbers such as 02; default all, with their solutions")
    .action((names: string[]) => {
      for (const file of chosen(names)) {
        const before = fs.readFileSync(file, "utf8");
        writeNotebook(file, cleanNotebook(readNotebook(file)));
        if (fs.readFileSync(file, "utf8") !== before) say(`cleaned ${relative(file)}`);
      }
    });
}

/** @throws Error naming a notebook that is not there, with those that are */
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

/** Execute notebooks in place; all of them where none is named. @throws Error if there is no Jupyter, or a cell fails */
export async function runNotebooks(names: string[] = []): Promise<void> {
  const chromium = findChromium();
  if (chromium === null) say(NO_BROWSER);
  await refreshNotebooks(chosen(names), { jupyter: requireJupyter(), chromium, parallel: AT_ONCE, onDone: sayTime });
}

function requireJupyter(): string {
  const jupyter = findJupyter();
  if (jupyter === null) throw new Error(NO_JUPYTER);
  return jupyter;
}

function sayTime(file: string, seconds: number): void {
  say(`${relative(file)}  ${duration(seconds)}`);
}

function relative(file: string): string {
  return path.relative(projectRoot(), file);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
