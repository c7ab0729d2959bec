/**
 * @file What a scheduler adds to a job: stub jobs of 10 ms through a one-node Slurm.
 *
 *   node --import tsx test/cluster/overhead.ts 500          by Snakemake, as in a sweep
 *   node --import tsx test/cluster/overhead.ts 500 sbatch   by sbatch alone
 *
 * Prints seconds per job, processor time of Snakemake per job, and the files that it leaves.
 */

import { execFile, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { writeSweep } from "../../src/cluster/sweep";
import { messageOf } from "../../src/util/check";
import { projectRoot } from "../../src/util/project-root";
import { missingForSlurm, startSlurm } from "./slurm";

/** Prints the clock ticks that the Python above it (Snakemake inside the job) has used so far. */
const STUB = `sleep 0.01
p=$$
while [ "$p" -gt 1 ]; do
  read -r name < /proc/$p/comm
  case $name in python*|snakemake*) cut -d' ' -f14,15 /proc/$p/stat; break ;; esac
  p=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$p/status)
done
`;
const TICKS_PER_SECOND = 100;

async function main(): Promise<void> {
  const jobs = Number(process.argv[2]);
  if (!(jobs > 0)) throw new Error("want the number of jobs");
  const missing = missingForSlurm();
  if (missing !== null) throw new Error(`Slurm cannot be started here: ${missing}`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-overhead-"));
  const stub = path.join(folder, "stub.sh");
  fs.writeFileSync(stub, `#!/bin/sh\n${STUB}`, { mode: 0o755 });
  fs.mkdirSync(path.join(folder, "daemons"));
  const slurm = await startSlurm(path.join(folder, "daemons"));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  const started = Date.now();
  try {
    if (process.argv[3] === "sbatch") await bySbatch(jobs, stub, folder, slurm.env);
    else await bySnakemake(jobs, stub, folder, slurm.env);
    const seconds = (Date.now() - started) / 1000;
    say(`${jobs} jobs in ${seconds.toFixed(0)} s, ${(seconds / jobs).toFixed(2)} s per job`);
  } finally {
    await slurm.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function bySbatch(jobs: number, stub: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const submit = ["--parsable", `--output=${folder}/%j.log`, "--mem=100", stub];
  for (let i = 0; i < jobs; i++) await promisify(execFile)("sbatch", submit, { env });
  const left = () => {
    const { status, stdout } = spawnSync("squeue", ["--noheader"], { env, encoding: "utf8" });
    return status === 0 ? stdout.split("\n").length - 1 : jobs; // no answer: ask again
  };
  while (left() > 0) await new Promise((resolve) => setTimeout(resolve, 500));
}

/** One stage, so many seeds: independent jobs. */
async function bySnakemake(jobs: number, stub: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const out = path.join(folder, "sweep");
  const stage = { id: "prepare", kind: "prepare" as const, needs: [], minutes: 10, memoryMb: 100, threads: 1, gpu: 0 };
  const args = writeSweep({
    ...{ root: projectRoot(), profile: "slurm", folder: out, stages: [stage], command: stub, atATime: null },
    ...{ seeds: Array.from({ length: jobs }, (_, i) => i), dryRun: false, extra: ["--quiet"] },
  });
  const child = spawn("snakemake", args, { env, stdio: "ignore" });
  let ticks = 0;
  const watch = setInterval(() => {
    ticks = ticksOf(child.pid as number) ?? ticks;
  }, 500);
  const code = await new Promise((resolve) => child.on("exit", resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`Snakemake ended with ${code}`);
  const inJobs = Array.from({ length: jobs }, (_, seed) => {
    const text = fs.readFileSync(path.join(out, String(seed), "prepare.json"), "utf8");
    return text.split(/\s+/).reduce((sum, n) => sum + Number(n), 0);
  });
  const mean = inJobs.reduce((sum, n) => sum + n, 0) / jobs / TICKS_PER_SECOND;
  say(`Snakemake inside a job, until the stage begins: ${mean.toFixed(2)} s of processor time`);
  say(`Snakemake outside: ${(ticks / TICKS_PER_SECOND / jobs).toFixed(3)} s of processor time per job`);
  const files = (fs.readdirSync(out, { recursive: true, withFileTypes: true }) as fs.Dirent[]).filter((e) =>
    e.isFile(),
  );
  const counts = new Map<string, number>();
  for (const { parentPath } of files) {
    const name = path.relative(out, parentPath).replace(/\d+/g, "N") || ".";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, count] of counts) say(`files in ${name}: ${count}`);
}

function ticksOf(pid: number): number | null {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null; // ended
  }
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
