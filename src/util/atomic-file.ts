/**
 * @file Atomic file writing: write a temporary file, flush it to disk, rename it. A reader never sees a partial file.
 */

import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Write `data` to `file`, creating its folder. A crash, a full disk or a kill leaves the old file unchanged.
 *
 * @throws Error naming the file when the disk is full or the folder cannot be written; the temporary file is removed
 */
export function writeFileAtomic(file: string, data: string | Uint8Array): void {
  writeAtomically(file, (fd) => {
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    writeAll(fd, bytes);
  });
}

/** The same for content that is produced in pieces, so that it need not be in memory twice. */
export function writeAtomically(file: string, produce: (fd: number) => void): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    removeAbandoned(file);
    const fd = fs.openSync(temporary, "w");
    try {
      produce(fd);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOSPC")
      throw new Error(`no space left on the disk while writing ${file}; the old file is unchanged`);
    // ENOENT: a parent folder could not be created; a read-only disk gives this error
    if (code !== undefined && /^E[A-Z]+$/.test(code))
      throw new Error(`${file} cannot be written (${code}); check its folder`);
    throw error;
  }
}

/** Remove temporary files that a killed process left beside the file. */
function removeAbandoned(file: string): void {
  const folder = path.dirname(file);
  const start = `${path.basename(file)}.`;
  for (const name of fs.readdirSync(folder)) {
    const pid = name.startsWith(start) ? /^(\d+)\.tmp$/.exec(name.slice(start.length))?.[1] : undefined;
    if (pid !== undefined && Number(pid) !== process.pid && !isRunning(Number(pid))) {
      fs.rmSync(path.join(folder, name), { force: true });
    }
  }
}

/** Whether a process with this id exists on this machine. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Append `text` to `file` completely or not at all.
 *
 * @param durable - flush to disk before returning
 * @throws Error naming the file when the disk is full; the file is then unchanged
 */
export function appendWhole(file: string, text: string, durable = false): void {
  const fd = fs.openSync(file, "a");
  const before = fs.fstatSync(fd).size;
  try {
    writeAll(fd, Buffer.from(text, "utf8"));
    if (durable) fs.fsyncSync(fd);
  } catch (error) {
    try {
      fs.ftruncateSync(fd, before);
    } catch {
      // not a regular file, or removed: the torn last line is dropped by all our readers
    }
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    throw new Error(`no space left on the disk while adding to ${file}; its content is unchanged`);
  } finally {
    fs.closeSync(fd);
  }
}

/** Write every byte; a single `writeSync` may write fewer. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done);
}
