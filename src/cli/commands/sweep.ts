/**
 * @file `sweep`: train and score every run for several seeds on this machine, Slurm or Kubernetes, through Snakemake.
 */

import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { groupedByRun, PROFILES, planSweep, runSweep } from "../../cluster/sweep";
import { stageGraph } from "../../stages/stage-graph";
import { stageNeeds } from "../../stages/stage-needs";
import { DEFAULT_SEED } from "../../stages/workspace";
import { oneOf } from "../../util/check";
import { thousands } from "../../util/format";
import { projectRoot } from "../../util/project-root";
import { measuredRates } from "../job-rates";
import { wholeNumber } from "../options";
import { runsOf, type WorkspaceOptions, workspaceOf, workspaceOptions } from "../workspace-options";
import { drawFigures } from "./figures";
import { writeReport } from "./report";

interface Options extends WorkspaceOptions {
  seeds: number[];
  profile: string;
  jobs?: number;
  threads: number;
  gpus: number;
  group: boolean;
  dryRun: boolean;
}

export function register(program: Command): void {
  workspaceOptions(program.command("sweep"))
    .description("train and score every run of several seeds through Snakemake; finished stages are skipped")
    .option("--seeds <numbers>", "seeds, separated by commas", seeds, [DEFAULT_SEED])
    .option("--profile <name>", PROFILES.join(", "), "local")
    .option(
      "--jobs <number>",
      "jobs at a time; default: this machine's cores, or the profile's number",
      wholeNumber({ least: 1 }),
    )
    .option("--threads <number>", "cores of one job", wholeNumber({ least: 1 }), 1)
    .option("--gpus <number>", "GPUs of one training or evaluation", wholeNumber(), 0)
    .option(
      "--group",
      "one job for all zero-shot tasks of a run, one for its fine-tunings; for tasks of under a minute",
      false,
    )
    .option("--dry-run", "only print the plan and Snakemake's list of jobs", false)
    .argument("[arguments...]", "after --, options for Snakemake")
    .action(sweep);
}

async function sweep(extra: readonly string[], options: Options): Promise<void> {
  const root = projectRoot();
  const profile = oneOf("profile", options.profile, PROFILES);
  const workspace = workspaceOf(options, DEFAULT_SEED);
  const rates = { ...(await measuredRates(options.threads)), gpu: options.gpus };
  const single = stageGraph(workspace, runsOf(options)).map((node) => ({
    ...node,
    ...stageNeeds(workspace, node, rates),
  }));
  const stages = options.group ? groupedByRun(single) : single;
  const plan = planSweep(stages, options.seeds.length);
  process.stderr.write(
    `${thousands(plan.jobs)} jobs (${stages.length} stages of ${options.seeds.length} seeds), time limits of ` +
      `${thousands(plan.hours)} hours in all, at most ${thousands(plan.memoryMb)} MB` +
      `${plan.gpus === 0 ? "" : ` and ${plan.gpus} GPUs`} per job\n`,
  );
  const status = await runSweep({
    root,
    snakemake: process.env.CLASS_IT_SNAKEMAKE ?? "snakemake",
    profile,
    folder:
      options.runs === undefined
        ? path.join(root, "data", "runs", `sweep-${workspace.world}-${workspace.scale}`)
        : path.resolve(options.runs, "sweep"),
    seeds: options.seeds,
    stages,
    command: stageCommand(root, options),
    atATime: options.jobs ?? (profile === "local" ? os.availableParallelism() : null),
    dryRun: options.dryRun,
    extra,
  });
  process.exitCode = status;
  if (status !== 0 || options.dryRun || options.results !== undefined) return;
  await drawFigures({ world: workspace.world, deviation: "sample", published: false });
  await writeReport({ runs: workspace.runsFolder });
}

/** One command for all seeds: `openWorkspace` gives each seed its own folders unless they are named. */
function stageCommand(root: string, options: Options): string {
  const named = (["scale", "data", "suite", "runs", "results"] as const).flatMap((name) => {
    const value = options[name];
    if (value === undefined) return [];
    const isFolder = name === "data" || name === "runs" || name === "results";
    const perSeed = name === "runs" || name === "results" ? "/{wildcards.seed}" : "";
    return [`--${name}`, quoted(isFolder ? path.resolve(value) : value) + perSeed];
  });
  const program = ["node", "--import", "tsx", "src/cli/class-it.ts", "stage"];
  return `cd ${quoted(root)} && CLASS_IT_QUIET=1 ${[...program, ...named].join(" ")}`;
}

const quoted = (text: string) => (/^[\workspace./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function seeds(text: string): number[] {
  return text.split(",").map((part) => wholeNumber()(part.trim()));
}
