/** @file Execute notebooks without a front end: `jupyter nbconvert --execute` with the project's kernel. */

import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { mapInParallel } from "../../util/pool";
import { projectRoot } from "../../util/project-root";
import { kernelPortArguments } from "./kernel-ports";

/** Contains `kernels/tslab` and `nbconvert/templates/report`; JUPYTER_PATH must include it. */
const JUPYTER_FOLDER = "src/notebook/jupyter";
/** Folder name of the kernel specification. */
const KERNEL_NAME = "tslab";

/** The eight notebooks, in reading order. */
export function notebookFiles(root = projectRoot()): string[] {
  return numbered(path.join(root, "notebooks"));
}

/** The notebooks with the exercises solved, in the same order. */
export function solutionFiles(root = projectRoot()): string[] {
  return numbered(path.join(root, "notebooks", "solutions"));
}

function numbered(folder: string): string[] {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names
    .filter((name) => /^\d\d-.*\.ipynb$/.test(name) && !name.includes("-changed."))
    .sort()
    .map((name) => path.join(folder, name));
}

/**
 * A `jupyter` that has nbconvert and nbclient: `$CLASS_IT_JUPYTER`, the clone's `.venv`, then the PATH; null without one.
 */
export function findJupyter(root = projectRoot()): string | null {
  const candidates = [process.env.CLASS_IT_JUPYTER, path.join(root, ".venv/bin/jupyter"), "jupyter"];
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === "") continue;
    if (candidate.includes("/") && !fs.existsSync(candidate)) continue;
    if (spawnSync(candidate, ["nbconvert", "--version"], { stdio: "ignore" }).status === 0) return candidate;
  }
  return null;
}

/** What to do when `findJupyter` finds nothing. */
export const NO_JUPYTER =
  "no Jupyter with nbconvert was found; install one (pip install nbconvert nbclient, or on Debian: " +
  "apt-get install jupyter-nbconvert jupyter-client python3-nbclient) and run the command again";

export interface RunOptions {
  /** From `findJupyter`. */
  jupyter: string;
  root?: string;
  /** Output folder of the executed notebooks; by default each file is replaced. */
  outputFolder?: string;
  /** Continue after a failing cell. Default false: the notebook stops there and the call throws. */
  allowErrors?: boolean;
  /** Time limit per cell in seconds. Default 600, enough on a busy machine. */
  timeoutSeconds?: number;
  /** Number of notebooks executed at the same time. Default 1. */
  parallel?: number;
  onDone?: (file: string, seconds: number) => void;
}

/**
 * Execute notebooks from fresh kernels.
 *
 * @returns the executed files, in the order given
 * @throws Error naming the notebook, with the end of nbconvert's output (which names the failing cell)
 */
export async function executeNotebooks(files: readonly string[], options: RunOptions): Promise<string[]> {
  const root = options.root ?? projectRoot();
  return mapInParallel(files, options.parallel ?? 1, async (file) => {
    const folder = options.outputFolder ?? path.dirname(file);
    fs.mkdirSync(folder, { recursive: true });
    const started = Date.now();
    await nbconvert(root, options.jupyter, [
      "--to=notebook",
      "--execute",
      `--ExecutePreprocessor.kernel_name=${KERNEL_NAME}`,
      `--ExecutePreprocessor.timeout=${options.timeoutSeconds ?? 600}`,
      "--ExecutePreprocessor.startup_timeout=300",
      // nbclient drops what has not arrived four seconds after a cell ended: too early for much output on a busy machine
      "--ExecutePreprocessor.iopub_timeout=120",
      "--ExecutePreprocessor.interrupt_on_timeout=True",
      "--ExecutePreprocessor.record_timing=False",
      ...(await kernelPortArguments()),
      ...(options.allowErrors ? ["--allow-errors"] : []),
      `--output=${path.basename(file)}`,
      `--output-dir=${folder}`,
      file,
    ]);
    options.onDone?.(file, (Date.now() - started) / 1000);
    return path.join(folder, path.basename(file));
  });
}

/** Environment variables with which Jupyter finds this clone's kernel and template, and this Node. */
function jupyterEnvironment(root = projectRoot()): NodeJS.ProcessEnv {
  const own = path.join(root, JUPYTER_FOLDER);
  return {
    ...process.env,
    JUPYTER_PATH: process.env.JUPYTER_PATH ? `${own}${path.delimiter}${process.env.JUPYTER_PATH}` : own,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ""}`,
    TZ: "UTC",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    PYDEVD_DISABLE_FILE_VALIDATION: "1",
    CLASS_IT_PROGRESS: process.env.CLASS_IT_PROGRESS ?? "0", // progress is not part of the document
    // Loader flags of the parent process would reach the kernel's Node.
    NODE_OPTIONS: "",
  };
}

/** Run `jupyter nbconvert` with the given arguments. @throws Error with the end of its output unless it exits 0 */
export function nbconvert(root: string, jupyter: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(jupyter, ["nbconvert", ...args], { cwd: root, env: jupyterEnvironment(root) });
    let said = "";
    const keep = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-6000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => reject(new Error(`${jupyter} could not be started: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`nbconvert failed (${code}) on ${path.basename(args[args.length - 1])}:\n${tail(said)}`));
    });
  });
}

/** The last lines without colour codes and without Python's own traceback. */
function tail(said: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code is
  const plain = said.replace(/\u001b\[[0-9;]*m/g, "").trimEnd();
  const cell = plain.lastIndexOf("An error occurred while executing the following cell");
  return cell >= 0 ? plain.slice(cell) : plain.split("\n").slice(-12).join("\n");
}
