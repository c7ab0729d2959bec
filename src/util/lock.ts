/**
 * @file A lock file that names its owner, so that one process works at a time.
 *
 * A second process is refused while the owner runs, and takes over immediately if the owner was killed; no clock is
 * used. The lock of a dead owner is not replaced: `run.lock` is followed by `run.lock.1` and so on, each created
 * exclusively, so that only one of two processes that find a dead owner at the same time gets the lock.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isRunning } from "./atomic-file";
import { messageOf } from "./check";

interface Owner {
  pid: number;
  host: string;
  /** Start time of the process as the kernel reports it, or null. Distinguishes a reused process id. */
  began: string | null;
  /** The Slurm job and how often it had been queued again; absent elsewhere. */
  job?: { id: string; restarts: number };
}

/**
 * Take a lock; its folder is created.
 *
 * @param what - the locked object, for the message
 * @returns a function that releases it
 * @throws Error naming the process that holds it and the file
 */
export function takeLock(file: string, what: string): () => void {
  const held = locksOf(file);
  for (const { full } of held) refuseIfAlive(full, what);
  const generation = held.length === 0 ? 0 : Math.max(...held.map((h) => h.generation)) + 1;
  const mine = generation === 0 ? file : `${file}.${generation}`;
  if (!createExclusively(mine, what)) {
    refuseIfAlive(mine, what);
    throw new Error(`${what} is being locked by another process; try again, or delete ${mine} if there is none`);
  }
  for (const { full } of locksOf(file)) {
    if (full === mine) continue;
    try {
      refuseIfAlive(full, what);
    } catch (error) {
      fs.rmSync(mine, { force: true });
      throw error;
    }
    fs.rmSync(full, { recursive: true, force: true }); // files of a dead process
  }
  return () => {
    const owner = readOwner(mine);
    if (owner !== null && owner.pid === process.pid && owner.host === os.hostname()) fs.rmSync(mine, { force: true });
  };
}

/** The lock and its successors. */
function locksOf(file: string): { full: string; generation: number }[] {
  const folder = path.dirname(file);
  const base = path.basename(file);
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name === base || (name.startsWith(`${base}.`) && /^\d+$/.test(name.slice(base.length + 1))))
    .map((name) => ({ full: path.join(folder, name), generation: Number(name.slice(base.length + 1)) }));
}

function refuseIfAlive(file: string, what: string): void {
  const owner = readOwner(file);
  if (owner === null || !isAlive(owner)) return;
  throw new Error(
    `${what} is in use by process ${owner.pid} on ${owner.host}. Wait for it or stop it; ` +
      `if that process is another program, delete ${file}`,
  );
}

/** @returns false if the file exists */
function createExclusively(file: string, what: string): boolean {
  const owner: Owner = { pid: process.pid, host: os.hostname(), began: beginningOf(process.pid), job: slurmJob() };
  const text = `${JSON.stringify(owner)}\n`;
  const whole = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(whole, text);
    try {
      fs.linkSync(whole, file); // a reader never sees it incomplete, unlike with a plain exclusive open
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      fs.writeFileSync(file, text, { flag: "wx" }); // a file system without hard links
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new Error(`${what} cannot be locked: ${messageOf(error)}`);
  } finally {
    fs.rmSync(whole, { force: true });
  }
}

function readOwner(file: string): Owner | null {
  try {
    const owner = JSON.parse(fs.readFileSync(file, "utf8")) as Owner;
    return Number.isInteger(owner.pid) && typeof owner.host === "string" ? owner : null;
  } catch {
    return null; // absent, or not a lock
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== os.hostname()) return !isEarlierRun(owner); // what else runs there cannot be known from here
  if (!isRunning(owner.pid)) return false;
  const began = beginningOf(owner.pid);
  return began === null || owner.began === null || began === owner.began;
}

/** Whether the owner was this Slurm job before it was queued again, for example because its node had died. */
function isEarlierRun({ job }: Owner): boolean {
  const own = slurmJob();
  return job !== undefined && own !== undefined && job.id === own.id && job.restarts < own.restarts;
}

function slurmJob(): Owner["job"] {
  const { SLURM_JOB_ID: id, SLURM_RESTART_COUNT: restarts } = process.env;
  return id === undefined ? undefined : { id, restarts: Number(restarts ?? 0) };
}

/** Linux: field 22 of /proc/PID/stat, in clock ticks since boot, independent of the wall clock. */
function beginningOf(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${ticks}`;
  } catch {
    return null;
  }
}
