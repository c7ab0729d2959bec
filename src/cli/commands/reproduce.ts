/**
 * @file `reproduce`: run the whole reproduction: data, tokenizers, all trainings, scoring, summaries, figures,
 * notebooks and report. Finished steps are skipped, so the same command resumes an interrupted reproduction.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { VARIANTS } from "../../experiments/curricula";
import type { RUNS } from "../../experiments/runs";
import { notebookFiles } from "../../notebook/execution/execute";
import type { ModelName, RunSummary } from "../../results/schema";
import { runJobs } from "../../stages/job-pool";
import { prepare } from "../../stages/prepare";
import { jobsFor } from "../../stages/stage-graph";
import { summarise } from "../../stages/summarise";
import { trainTokenizer } from "../../stages/train-tokenizer";
import { DEFAULT_SEED, preparedFolder, runFolder, type Workspace } from "../../stages/workspace";
import { initBackend } from "../../tensor";
import { messageOf } from "../../util/check";
import { duration } from "../../util/format";
import { takeLock } from "../../util/lock";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { wholeNumber } from "../options";
import { WorkerProcesses } from "../worker-process";
import { runsOf, seedOption, type WorkspaceOptions, workspaceOf, workspaceOptions } from "../workspace-options";
import { drawFigures } from "./figures";
import { runNotebooks } from "./notebooks";
import { writeReport } from "./report";

interface Options extends WorkspaceOptions {
  seed: number;
  jobs?: number;
  fresh: boolean;
  pictures: boolean;
}

export function register(program: Command): void {
  seedOption(workspaceOptions(program.command("reproduce")))
    .description(
      "reproduce the paper from text to figures: train, score, compare, draw, execute the notebooks, write the report",
    )
    .option(
      "--jobs <number>",
      "trainings at a time; default one per core at tiny on a CPU, else one",
      wholeNumber({ least: 1 }),
    )
    .option("--fresh", "delete the results of earlier calls and start again", false)
    .option("--no-pictures", "stop after the summaries: no figures, notebooks and report")
    .action(reproduce);
}

async function reproduce(options: Options): Promise<void> {
  const started = Date.now();
  const root = projectRoot();
  const { seed } = options;
  const workspace = workspaceOf(options, seed);
  const { scale } = workspace;
  const runs = runsOf(options);
  say(
    `${workspace.world === "real" ? "real text" : "sample world"}, scale ${scale}, seed ${seed}: ${runs.length} models`,
  );
  const { name, reason, isGpu } = await initBackend();
  say(`computing with "${name}": ${reason}`);
  const cores = os.availableParallelism();
  const parallel = options.jobs ?? (scale === "tiny" && !isGpu ? cores : 1);
  const unlock = takeLock(path.join(workspace.runsFolder, "reproduce.lock"), workspace.runsFolder);
  let summaries: RunSummary[];
  try {
    const runIds = runs.map((run) => run.runId);
    if (options.fresh) forget(workspace, runIds);
    await prepareData(workspace, [...new Set(runs.map((run) => run.model))]);
    await trainAndScore(root, workspace, runs, parallel, Math.max(1, Math.floor(cores / parallel)));
    summaries = runs.map((run) => summarise(workspace, run));
  } finally {
    unlock();
  }
  printScores(summaries);
  if (options.pictures && options.results === undefined) await picture(workspace);
  say(`done in ${duration((Date.now() - started) / 1000)}; results are in ${workspace.resultsFolder}`);
}

function forget(workspace: Workspace, runIds: readonly string[]): void {
  for (const runId of runIds) fs.rmSync(runFolder(workspace, runId), { recursive: true, force: true });
  fs.rmSync(preparedFolder(workspace), { recursive: true, force: true });
  for (const model of Object.keys(VARIANTS))
    fs.rmSync(`${workspace.runsFolder}/${model}-tokenizer`, { recursive: true, force: true });
}

async function prepareData(workspace: Workspace, models: readonly ModelName[]): Promise<void> {
  const progress = startProgress("data and tokenizers", 100);
  await prepare(workspace, (share, note) => progress.update(80 * share, note));
  for (const model of models) await trainTokenizer(workspace, model);
  progress.stop();
}

/** Run every training and scoring job, several at a time if the machine has several cores and the models are small. */
async function trainAndScore(
  root: string,
  workspace: Workspace,
  runs: typeof RUNS,
  parallel: number,
  threads: number,
): Promise<void> {
  const jobs = jobsFor(workspace, runs);
  const progress = startProgress(
    `training and scoring (${parallel} at a time)`,
    jobs.reduce((sum, job) => sum + job.cost, 0),
  );
  const workers = new WorkerProcesses(root, workspace, threads);
  try {
    await runJobs(jobs, (job, report, signal) => workers.run(job.id, report, signal), {
      parallel,
      onProgress: (done, found, running) =>
        progress.update(
          done,
          running.map((r) => `${r.job.id} ${Math.round(100 * r.share)}% ${r.note}`).join(" | "),
          found,
        ),
    });
  } finally {
    workers.close();
  }
  progress.stop();
}

/** Draw figures, run notebooks and write the report; each prints what is missing (a browser, Jupyter). */
async function picture(workspace: Workspace): Promise<void> {
  if (workspace.seed !== DEFAULT_SEED) return;
  for (const [what, work] of [
    ["figures", () => drawFigures({ world: workspace.world, deviation: "sample", published: false })],
    ["notebooks", () => runNotebooks(notebookFiles())],
    ["report", () => writeReport({ runs: workspace.runsFolder })],
  ] as const) {
    try {
      await work();
    } catch (error) {
      say(`${what} not made: ${messageOf(error)}`);
      process.exitCode = 1;
    }
  }
}

function printScores(summaries: readonly RunSummary[]): void {
  const tasks = [...new Set(summaries.flatMap((s) => s.scores.map((score) => score.task)))];
  const width = Math.max(...tasks.map((t) => t.length));
  const lines = [`${"".padEnd(width)}  ${summaries.map((s) => s.runId).join("  ")}`];
  for (const task of tasks) {
    const cells = summaries.map((s) => {
      const score = s.scores.find((x) => x.task === task);
      const digits = score?.metric === "accuracy" ? (100 * score.value).toFixed(1) : score?.value.toFixed(2);
      return (digits ?? "-").padStart(s.runId.length);
    });
    lines.push(`${task.padEnd(width)}  ${cells.join("  ")}`);
  }
  process.stdout.write(
    `${lines.join("\n")}\n(accuracy in percent; wug: Spearman's rho; reading: percent of variance)\n`,
  );
  const absent = new Map(summaries.flatMap((s) => s.absent.map(({ task, why }) => [`${task}: ${why}`, true])));
  for (const [line] of absent) process.stdout.write(`absent: ${line}\n`);
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
