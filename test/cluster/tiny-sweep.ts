/**
 * @file A sweep of two seeds and two runs on a data folder of a few kilobytes, a second or two per stage, and the same by
 * `reproduce`: what a scheduler's results are compared with.
 */

import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { projectRoot } from "../../src/util/project-root";
import { difference, treeOf } from "../attack/micro/programs";
import { writeMicroWorld } from "../attack/micro/world";

export const SEEDS = [42, 43];

const RUNS = ["wide-base", "wide-switch"];
const EVALUATION = [
  "blimp_filtered/adjunct_island.jsonl",
  "glue_filtered/rte.train.jsonl",
  "glue_filtered/rte.valid.jsonl",
];

/** Text, one BLiMP set, reading times and RTE, cut out of the sample world. */
export function writeTinyWorld(folder: string): void {
  writeMicroWorld(folder, EVALUATION);
}

/** Every seed by `reproduce`, one after the other, into `<out>/runs/<seed>` and `<out>/results/<seed>`. */
export async function reproduceSeeds(world: string, out: string): Promise<void> {
  for (const seed of SEEDS) {
    const args = ["reproduce", "--seed", String(seed), "--no-pictures", "--jobs", "2"];
    await succeed(classIt([...args, ...common(world)], path.join(out, "runs", String(seed)), resultsOf(out, seed)));
  }
}

/**
 * Start the sweep into the same folders, in a process group of its own; more arguments go to `sweep` (after "--": to
 * Snakemake).
 */
export function startSweep(
  world: string,
  out: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const seeds = ["sweep", "--seeds", SEEDS.join(","), ...common(world)];
  return classIt(seeds, path.join(out, "runs"), path.join(out, "results"), args, env);
}

/** Files that two such folders have not in common, or whose bytes differ, in words; null when everything is equal. */
export function differenceOfSeeds(reproduced: string, swept: string): string | null {
  const found = SEEDS.flatMap((seed) =>
    ["runs", "results"].map((part) =>
      difference(treeOf(path.join(reproduced, part, String(seed))), treeOf(path.join(swept, part, String(seed)))),
    ),
  );
  return found.find((words) => words !== null) ?? null;
}

/** Files in all seeds' folders: what `differenceOfSeeds` compared. */
export const filesOfSeeds = (out: string): string[] =>
  ["runs", "results"].flatMap((part) =>
    SEEDS.flatMap((seed) => [...treeOf(path.join(out, part, String(seed))).keys()].map((f) => `${part}/${seed}/${f}`)),
  );

/** Wait for a process. @returns exit status and the end of what it wrote on standard error */
export function ended(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-20_000);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, said })));
}

const common = (world: string) => ["--data", world, "--suite", "full", "--run", ...RUNS];
const resultsOf = (out: string, seed: number) => path.join(out, "results", String(seed));

function classIt(
  args: readonly string[],
  runs: string,
  results: string,
  more: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const program = [
    "--import",
    "tsx",
    "src/cli/class-it.ts",
    ...args,
    `--runs=${runs}`,
    `--results=${results}`,
    ...more,
  ];
  return spawn(process.execPath, program, {
    cwd: projectRoot(),
    detached: args[0] === "sweep",
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      CLASS_IT_QUIET: "1",
      CLASS_IT_THREADS: "1",
      NODE_OPTIONS: `--require=${path.join(projectRoot(), "test", "attack", "micro", "preload.cjs")}`,
      ...env,
    },
  });
}

async function succeed(child: ChildProcess): Promise<void> {
  const { code, said } = await ended(child);
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with ${code}: ${said}`);
}
