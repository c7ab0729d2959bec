/**
 * @file `npm run test:cluster`: a tiny sweep on this machine alone, grouped by model, and through a Slurm of one node,
 * with a running job, slurmctld and slurmd killed and a job cut by its time limit on the way. All results are compared,
 * byte for byte, with what `reproduce` gives. Needs root, Debian's slurm-wlm and munge, and Snakemake 7; takes a few
 * minutes.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { messageOf } from "../../src/util/check";
import { projectRoot } from "../../src/util/project-root";
import { missingForSlurm, type OneNodeSlurm, startSlurm } from "./slurm";
import {
  differenceOfSeeds,
  ended,
  filesOfSeeds,
  reproduceSeeds,
  SEEDS,
  startSweep,
  writeTinyWorld,
} from "./tiny-sweep";

const started = Date.now();

async function main(): Promise<void> {
  const missing = missingForSlurm();
  if (missing !== null) return say(`test:cluster is skipped: Slurm cannot be started here: ${missing}`);
  if (!/^7\./.test(spawnSync("snakemake", ["--version"], { encoding: "utf8" }).stdout ?? "")) {
    return say("test:cluster is skipped: it needs Snakemake 7 on the PATH (Debian 12: apt-get install snakemake)");
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-cluster-"));
  try {
    const [world, reproduced, local, slurm] = ["world", "reproduced", "local", "slurm"].map((n) =>
      path.join(folder, n),
    );
    writeTinyWorld(world);
    await reproduceSeeds(world, reproduced);
    say(`reproduce: ${filesOfSeeds(reproduced).length} files of ${SEEDS.length} seeds`);

    const cores = String(os.availableParallelism());
    const alone = await ended(startSweep(world, local, ["--profile", "local", "--group", "--jobs", cores]));
    assert.equal(alone.code, 0, alone.said);
    assert.equal(differenceOfSeeds(reproduced, local), null);
    say("profile local, the tasks of a model in one job: every file equal");

    await sweepWithKills(world, slurm, folder);
    assert.equal(differenceOfSeeds(reproduced, slurm), null);
    say(`profile slurm, with all of this: every file equal`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The sweep through Slurm, and everything that goes wrong on the way. */
async function sweepWithKills(world: string, out: string, folder: string): Promise<void> {
  fs.mkdirSync(path.join(folder, "daemons"));
  const slow = path.join(folder, "slow");
  fs.mkdirSync(slow);
  const milliseconds = { "42-pretrain": 250, "43-pretrain": 250, "42-instruct": 1500 };
  for (const [name, delay] of Object.entries(milliseconds)) fs.writeFileSync(path.join(slow, name), String(delay));
  const slurm = await startSlurm(path.join(folder, "daemons"));
  const env = {
    ...slurm.env,
    CLASS_IT_TEST_SLOW: slow,
    NODE_OPTIONS: ["attack/micro/preload.cjs", "cluster/slow-stages.cjs"]
      .map((name) => `--require=${path.join(projectRoot(), "test", name)}`)
      .join(" "),
  };
  // Slurm looks at time limits twice a minute, so a limit of one minute is announced (`--signal`) at the first look.
  const sweep = startSweep(world, out, ["--profile", "slurm", "--", "--set-resources", "instruct:runtime=1"], env);
  const end = ended(sweep);
  // As Ctrl-C in a terminal: Snakemake cancels its jobs and ends, the wait below fails, and everything is stopped.
  const interrupt = () => void process.kill(-(sweep.pid as number), "SIGINT");
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const context: Sweep = { out, slurm, hasEnded: () => sweep.exitCode !== null };
  try {
    await killJob(context);
    await killController(context);
    await killNodeDaemon(context);
    for (const seed of SEEDS) fs.rmSync(path.join(slow, `${seed}-pretrain`));
    await cutByTimeLimit(context);
    fs.rmSync(path.join(slow, "42-instruct"));
    const { code, said } = await end;
    assert.equal(code, 0, said);
  } catch (error) {
    if (sweep.exitCode === null) interrupt();
    throw new Error(`${messageOf(error)}\nSnakemake said: ${(await end).said.slice(-3_000)}`);
  } finally {
    await slurm.stop();
  }
}

interface Sweep {
  out: string;
  slurm: OneNodeSlurm;
  hasEnded(): boolean;
}

/** SIGKILL to a stage: the job fails, and Snakemake submits it again. */
async function killJob(sweep: Sweep): Promise<void> {
  const before = await updatesPast(sweep, 42, "wide-base/pretrain", 3);
  const [pid] = stageProcesses("pretrain/wide", 42);
  process.kill(pid, "SIGKILL");
  await until("the killed job to run again", sweep, () => {
    const [again] = stageProcesses("pretrain/wide", 42);
    return again !== undefined && again !== pid;
  });
  say(`a running job killed after update ${before}: submitted again`);
}

/** slurmctld dies: running jobs go on, and Snakemake takes "no answer" for running. */
async function killController(sweep: Sweep): Promise<void> {
  const before = await updatesPast(sweep, 43, "wide-base/pretrain", 3);
  const pids = stageProcesses("pretrain/wide", 43);
  await sweep.slurm.kill("slurmctld");
  const after = await updatesPast(sweep, 43, "wide-base/pretrain", before + 20);
  await sweep.slurm.restart("slurmctld");
  assert.deepEqual(stageProcesses("pretrain/wide", 43), pids, "the job was started again");
  say(`slurmctld killed: the job went on from update ${before} to ${after} without it`);
}

/** The node's daemon dies with the job's processes, as when a machine loses power: Slurm queues its jobs again. */
async function killNodeDaemon(sweep: Sweep): Promise<void> {
  const before = await updatesPast(sweep, 43, "wide-base/pretrain", 3);
  const pids = SEEDS.flatMap((seed) => stageProcesses("pretrain/wide", seed));
  assert.ok(pids.length > 0, "no job is running");
  await sweep.slurm.kill("slurmd");
  for (const pid of [...sweep.slurm.stepDaemons(), ...pids]) killIfThere(pid);
  await until("Slurm to notice that the node is down", sweep, () => /^down/.test(sweep.slurm.nodeState()));
  await sweep.slurm.restart("slurmd");
  await until("the jobs of the node to run again", sweep, () => stageProcesses("pretrain/wide", 43).length > 0);
  say(`slurmd and its jobs killed (one after update ${before}): queued again by Slurm when the node was back`);
}

/** The time limit: the stage is warned, saves, ends with status 75; the same job runs again and resumes. */
async function cutByTimeLimit(sweep: Sweep): Promise<void> {
  const log = path.join(sweep.out, "runs", "sweep", "42", "instruct", "wide-switch.log");
  const stopped = () => /stopped by SIGTERM after update (\d+) of (\d+)/.exec(readIfThere(log));
  await until("the job to be warned of its time limit", sweep, () => stopped() !== null);
  const [, update, all] = stopped() as RegExpExecArray;
  assert.ok(Number(update) > 0);
  const resumed = () => /the state is saved[^\n]*\n(?:[^\n]*\n)*?instruct\/wide-switch: (\d+) %/.exec(readIfThere(log));
  await until("the job to be queued again and to resume", sweep, () => resumed() !== null);
  const percent = Number((resumed() as RegExpExecArray)[1]);
  assert.ok(percent >= Math.floor((100 * Number(update)) / Number(all)), `resumed at ${percent} %`);
  say(`time limit: saved after update ${update} of ${all}, queued again, resumed at ${percent} %`);
}

/** Wait until a training has made more than `updates` updates. @returns the number of updates */
async function updatesPast(sweep: Sweep, seed: number, stage: string, updates: number): Promise<number> {
  const file = path.join(sweep.out, "runs", String(seed), stage, "losses.csv");
  const made = () => readIfThere(file).split("\n").length - 2;
  await until(`${updates} updates of ${stage}, seed ${seed}`, sweep, () => made() > updates);
  return made();
}

/** Process ids of the node programs that run a stage of this test. */
function stageProcesses(stage: string, seed: number): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = readIfThere(`/proc/${pid}/cmdline`).split("\0");
      const isStage = path.basename(words[0]) === "node" && words.includes("stage") && words.includes(stage);
      return isStage && words[words.indexOf("--seed") + 1] === String(seed);
    });
}

async function until(what: string, sweep: Sweep, condition: () => boolean): Promise<void> {
  const since = Date.now();
  while (!condition()) {
    if (sweep.hasEnded()) throw new Error(`the sweep ended while waiting for ${what}`);
    if (Date.now() - since > 240_000) throw new Error(`waited four minutes for ${what}; ${queue(sweep)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const queue = ({ slurm }: Sweep) =>
  spawnSync("squeue", [], { env: slurm.env, encoding: "utf8", timeout: 10_000 }).stdout ?? "";

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function say(message: string): void {
  process.stderr.write(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${message}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
