/**
 * @file A Slurm of one node on this machine, for tests: munged, slurmctld and slurmd in a temporary folder, as root,
 * without systemd. Every daemon is started in the foreground by this process and stopped by its process id.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export type Daemon = "munged" | "slurmctld" | "slurmd";

export interface OneNodeSlurm {
  /** Environment of commands that talk to this Slurm (SLURM_CONF). */
  env: NodeJS.ProcessEnv;
  /** Kill one daemon as a crash would. */
  kill(daemon: Daemon): Promise<void>;
  /** Start a killed daemon again and wait until the node is usable. */
  restart(daemon: Daemon): Promise<void>;
  /** Process ids of the daemons that watch the jobs (slurmstepd), which outlive slurmd. */
  stepDaemons(): number[];
  /** As sinfo names it: idle, mixed, allocated, down ... */
  nodeState(): string;
  /** Stop everything that was started. */
  stop(): Promise<void>;
}

/** Why no Slurm can be started here, or null. */
export function missingForSlurm(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  const missing = ["slurmctld", "slurmd", "munged"].filter((name) => spawnSync("which", [name]).status !== 0);
  if (missing.length === 0) return null;
  return `${missing.join(", ")} not installed (Debian: apt-get install --no-install-recommends slurm-wlm munge)`;
}

/**
 * Start a Slurm whose single node has this machine's processors.
 *
 * @param folder - empty, for state, logs and sockets
 * @throws Error with the daemon's last lines when one does not come up
 */
export async function startSlurm(folder: string): Promise<OneNodeSlurm> {
  const host = os.hostname().split(".")[0];
  const socket = path.join(folder, "munge", "munge.socket");
  for (const name of ["munge", "state", "spool"]) fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.chmodSync(path.join(folder, "munge"), 0o755);
  fs.writeFileSync(path.join(folder, "munge", "munge.key"), randomBytes(1024), { mode: 0o400 });
  const conf = path.join(folder, "slurm.conf");
  fs.writeFileSync(conf, slurmConf(folder, host, socket));
  const env = { ...process.env, SLURM_CONF: conf };
  const running = new Map<Daemon, ChildProcess>();

  const commands: Record<Daemon, string[]> = {
    munged: [
      "munged",
      "--foreground",
      "--force",
      `--socket=${socket}`,
      `--key-file=${path.join(folder, "munge", "munge.key")}`,
      `--pid-file=${path.join(folder, "munge", "munged.pid")}`,
      `--seed-file=${path.join(folder, "munge", "munged.seed")}`,
      `--log-file=${path.join(folder, "munge", "munged.log")}`,
      "--num-threads=2",
    ],
    slurmctld: ["slurmctld", "-D"],
    slurmd: ["slurmd", "-D", "-N", host],
  };
  const start = (daemon: Daemon) => {
    const log = fs.openSync(path.join(folder, `${daemon}.out`), "a");
    const child = spawn(commands[daemon][0], commands[daemon].slice(1), { env, stdio: ["ignore", log, log] });
    fs.closeSync(log);
    running.set(daemon, child);
  };
  const end = (daemon: Daemon, signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      const child = running.get(daemon);
      running.delete(daemon);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve();
      child.once("exit", () => resolve());
      child.kill(signal);
      setTimeout(() => child.kill("SIGKILL"), 5_000).unref();
    });
  const killAll = () => {
    for (const child of running.values()) child.kill("SIGKILL");
  };
  process.once("exit", killAll);
  const stop = async () => {
    spawnSync("scancel", ["--user=root"], { env, timeout: 10_000 });
    for (const pid of stepDaemons(folder)) process.kill(pid, "SIGTERM");
    for (const daemon of ["slurmd", "slurmctld", "munged"] as const) await end(daemon, "SIGTERM");
  };

  try {
    start("munged");
    await until(() => fs.existsSync(socket), "munged", folder);
    start("slurmctld");
    start("slurmd");
    await untilIdle(env, folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env,
    stop,
    stepDaemons: () => stepDaemons(folder),
    nodeState: () => nodeState(env),
    kill: (daemon) => end(daemon, "SIGKILL"),
    restart: async (daemon) => {
      start(daemon);
      await untilIdle(env, folder);
    },
  };
}

/** Wait until the node takes jobs. */
function untilIdle(env: NodeJS.ProcessEnv, folder: string): Promise<void> {
  // "idle*" is a node that does not answer.
  return until(() => /^(idle|mixed|allocated)$/.test(nodeState(env)), "slurmctld", folder);
}

function nodeState(env: NodeJS.ProcessEnv): string {
  const answer = spawnSync("sinfo", ["--noheader", "--format=%T"], { env, encoding: "utf8", timeout: 10_000 });
  return (answer.stdout ?? "").trim();
}

/** The slurmstepd that were started with this folder's configuration, by their environment. */
function stepDaemons(folder: string): number[] {
  const conf = `SLURM_CONF=${path.join(folder, "slurm.conf")}`;
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const name = fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return name === "slurmstepd" && fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(conf);
      } catch {
        return false; // gone already
      }
    })
    .map(Number);
}

async function until(condition: () => boolean, daemon: Daemon, folder: string): Promise<void> {
  const started = Date.now();
  while (!condition()) {
    if (Date.now() - started > 60_000) {
      const log = path.join(folder, `${daemon}.out`);
      const lines = fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n").slice(-5).join("\n") : "";
      throw new Error(`${daemon} did not come up within 60 s:\n${lines}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function slurmConf(folder: string, host: string, socket: string): string {
  const megabytes = Math.floor(os.totalmem() / 2 ** 20) - 1024;
  return `${[
    "ClusterName=class-it-test",
    `SlurmctldHost=${host}(127.0.0.1)`,
    "AuthType=auth/munge",
    `AuthInfo=socket=${socket},cred_expire=10`, // a job queued again waits until its credential has expired,
    "SlurmUser=root",
    "SlurmctldPort=36817",
    "SlurmdPort=36818",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd.pid`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core_Memory",
    "SwitchType=switch/none",
    "MpiDefault=none",
    "AccountingStorageType=accounting_storage/none",
    "JobAcctGatherType=jobacct_gather/none",
    "JobCompType=jobcomp/none",
    "ReturnToService=2",
    "JobRequeue=1",
    "MaxJobCount=20000",
    "MinJobAge=86400",
    "KillWait=30",
    "SlurmdTimeout=20",
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${os.availableParallelism()} RealMemory=${megabytes} State=UNKNOWN`,
    `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP OverTimeLimit=0`,
  ].join("\n")}\n`;
}
