/**
 * @file A sweep: every stage of several seeds, run by Snakemake on this machine, Slurm or Kubernetes.
 *
 * This file writes the graph that the Snakefile reads, and starts Snakemake with a profile. Snakemake runs the stages
 * directly.
 */

import { spawn, spawnSync } from "node:child_process";
import * as path from "node:path";
import type { StageNode } from "../stages/stage-graph";
import type { StageNeeds } from "../stages/stage-needs";
import { writeJson } from "../util/jsonl";

export const PROFILES = ["local", "slurm", "kubernetes"] as const;
export type Profile = (typeof PROFILES)[number];

export interface SweepRequest {
  /** Root folder of the clone. */
  root: string;
  /** Snakemake's program. */
  snakemake: string;
  profile: Profile;
  /** Folder of the graph, one JSON line and one log per finished stage, and Snakemake's own state. */
  folder: string;
  seeds: readonly number[];
  stages: readonly (StageNode & StageNeeds)[];
  /** `class-it stage` with the options of the workspace; Snakemake adds seed and id. */
  command: string;
  /**
   * Local profile: cores in use at a time. Other profiles: jobs in the queue at a time; null uses the profile's number.
   */
  atATime: number | null;
  dryRun: boolean;
  /** Further options for Snakemake. */
  extra: readonly string[];
}

export interface SweepPlan {
  jobs: number;
  /** Sum of the time limits of all jobs, in hours. */
  hours: number;
  /** Largest memory request of one job. */
  memoryMb: number;
  gpus: number;
}

export function planSweep(stages: readonly StageNeeds[], seeds: number): SweepPlan {
  return {
    jobs: stages.length * seeds,
    hours: (seeds * stages.reduce((sum, stage) => sum + stage.minutes, 0)) / 60,
    memoryMb: Math.max(...stages.map((stage) => stage.memoryMb)),
    gpus: Math.max(...stages.map((stage) => stage.gpu)),
  };
}

/**
 * The same stages with one job for all zero-shot tasks of a run and one for all its fine-tunings, each with the time of
 * its tasks together: for tasks of under a minute, which a scheduler's own work would outweigh.
 */
export function groupedByRun<Stage extends StageNode & StageNeeds>(stages: readonly Stage[]): Stage[] {
  const groupOf = (id: string) => /^(?:zero-shot|finetune)\/[^/]+/.exec(id)?.[0] ?? id;
  const groups = new Map<string, Stage>();
  for (const stage of stages) {
    const id = groupOf(stage.id);
    const group = groups.get(id);
    groups.set(id, {
      ...stage,
      id,
      needs: [...new Set([...(group?.needs ?? []), ...stage.needs.map(groupOf)])],
      minutes: (group?.minutes ?? 0) + stage.minutes,
      memoryMb: Math.max(group?.memoryMb ?? 0, stage.memoryMb),
    });
  }
  return [...groups.values()];
}

/**
 * Run a sweep to its end.
 *
 * @returns Snakemake's exit status
 * @throws Error when the profile needs another version of Snakemake
 */
export async function runSweep(request: SweepRequest): Promise<number> {
  const { root, snakemake, profile } = request;
  const version = snakemakeVersion(snakemake);
  if (profile === "kubernetes" && version < 8) {
    throw new Error(
      `--profile kubernetes needs Snakemake 8 or 9 with its Kubernetes plugin, ${snakemake} is version ${version}; ` +
        `install it with pip install snakemake snakemake-executor-plugin-kubernetes snakemake-storage-plugin-fs`,
    );
  }
  const child = spawn(snakemake, writeSweep(request), { cwd: root, stdio: "inherit" });
  // Ctrl-C reaches Snakemake through the terminal: it cancels its jobs and ends. After SIGTERM it waits for them.
  const ignore = () => {};
  const passOn = () => void child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", passOn);
  }
}

/** Write the graph that the Snakefile reads. @returns Snakemake's arguments */
export function writeSweep(request: Omit<SweepRequest, "snakemake">): string[] {
  const { root, profile, folder, seeds, stages, command, atATime, dryRun, extra } = request;
  const graph = path.join(folder, "graph.json");
  writeJson(graph, { folder, seeds, command, stages });
  return [
    ["--snakefile", path.join(root, "src", "cluster", "Snakefile")],
    ["--profile", path.join(root, "src", "cluster", "profiles", profile)],
    ["--directory", folder],
    ["--config", `graph=${graph}`],
    atATime === null ? [] : [profile === "local" ? "--cores" : "--jobs", String(atATime)],
    dryRun ? ["--dry-run", "--quiet"] : [],
    extra,
  ].flat();
}

/** Major version of Snakemake. @throws Error when the program does not run */
export function snakemakeVersion(snakemake: string): number {
  const { status, stdout } = spawnSync(snakemake, ["--version"], { encoding: "utf8" });
  const major = Number.parseInt(stdout ?? "", 10);
  if (status !== 0 || !Number.isInteger(major)) throw new Error(`${snakemake} does not run; is it Snakemake?`);
  return major;
}
