/** @file Helpers of set-up: run other programs, print messages, fail. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

/** The clone's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

export function say(message) {
  process.stderr.write(`[class-it] ${message}\n`);
}

export function fail(message) {
  say(message);
  process.exit(1);
}

/**
 * Run a program with the terminal passed through and wait.
 *
 * @returns its exit status (130 after Ctrl-C)
 * @throws Error when it cannot be started, or exits with a status other than 0 and `allowFailure` is not set
 */
export function run(program, args, { cwd = root, env = process.env, allowFailure = false, quiet = false } = {}) {
  const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
  const result = spawnSync(program, args, { cwd, env, stdio });
  if (result.error) throw new Error(`${program} could not be started: ${result.error.message}`);
  const status = result.status ?? (result.signal === "SIGINT" ? 130 : 1);
  if (status !== 0 && !allowFailure) {
    const tail = quiet ? `\n${String(result.stderr).trim().split("\n").slice(-8).join("\n")}` : "";
    throw new Error(`${path.basename(program)} ${args.join(" ")} failed with status ${status}${tail}`);
  }
  return status;
}

/** Whether a program runs and exits with 0; prints nothing. */
export function works(program, args, options = {}) {
  const result = spawnSync(program, args, { stdio: "ignore", timeout: 60_000, ...options });
  return !result.error && result.status === 0;
}

/** The first of `names` found on the PATH, or null. */
export function onPath(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
      const file = path.join(folder, name);
      if (folder !== "" && existsSync(file)) return file;
    }
  }
  return null;
}
