/**
 * @file One process per run folder. The owner writes its process id into `run.lock`; a second process is refused while
 * the owner lives, and takes over at once when it was killed.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { lockSync } from "proper-lockfile";
import { writeFileAtomic } from "../util/atomic-file";

interface Owner {
  pid: number;
  host: string;
  /** When the process began, as the kernel says it; null where it does not. Tells a reused process id apart. */
  began: string | null;
}

/**
 * Take the folder's lock.
 *
 * @returns a function that gives it back
 * @throws Error naming the process that holds it
 */
export function lockRunFolder(folder: string): () => void {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "run.lock");
  const me: Owner = { pid: process.pid, host: os.hostname(), began: beginningOf(process.pid) };
  // Looking and taking must be one act, so it happens under a second lock that is held for a moment only.
  const done = holdForAMoment(folder);
  try {
    const owner = readOwner(file);
    if (owner !== null && isAlive(owner)) {
      throw new Error(
        `${folder} is in use by process ${owner.pid} on ${owner.host}. Wait for it or stop it; ` +
          `if that process is something else, delete ${file}`,
      );
    }
    writeFileAtomic(file, `${JSON.stringify(me)}\n`);
  } finally {
    done();
  }
  return () => {
    const owner = readOwner(file);
    if (owner !== null && owner.pid === me.pid && owner.host === me.host) fs.rmSync(file, { force: true });
  };
}

/** @throws Error if another process is taking the lock at this very moment */
function holdForAMoment(folder: string): () => void {
  try {
    return lockSync(folder, { lockfilePath: path.join(folder, "run.lock.taking"), stale: 5000 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    throw new Error(`${folder} is being taken by another process; try again in a few seconds`);
  }
}

function readOwner(file: string): Owner | null {
  try {
    const owner = JSON.parse(fs.readFileSync(file, "utf8")) as Owner;
    return Number.isInteger(owner.pid) ? owner : null;
  } catch {
    return null; // absent
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== os.hostname()) return true; // cannot be known from here
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const began = beginningOf(owner.pid);
  return began === null || owner.began === null || began === owner.began;
}

/** Linux: field 22 of /proc/PID/stat, in clock ticks since boot. */
function beginningOf(pid: number): string | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
