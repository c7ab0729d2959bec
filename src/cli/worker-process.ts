/** @file Starts a worker process for one job and waits for it. */

import { fork } from "node:child_process";
import * as path from "node:path";
import type { Workspace } from "../stages/workspace";
import type { WorkerMessage } from "./job-worker";

/**
 * Run one job in a child process with `threads` compute threads.
 *
 * @throws Error with the job's own message, or the signal that ended it
 */
export function runInWorker(
  root: string,
  workspace: Workspace,
  jobId: string,
  threads: number,
  report: (share: number, note: string) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(root, "src", "cli", "job-worker.ts"), [JSON.stringify({ workspace, jobId })], {
      cwd: root,
      execArgv: ["--import", "tsx"],
      env: { ...process.env, CLASS_IT_THREADS: String(threads), CLASS_IT_QUIET: "1" },
    });
    let failure: string | null = null;
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    child.on("message", (message: WorkerMessage) => {
      if (message.error !== undefined) failure = message.error;
      else report(message.share ?? 0, message.note ?? "");
    });
    child.on("error", (error) => reject(new Error(`${jobId}: the worker could not be started: ${error.message}`)));
    child.on("exit", (code, killedBy) => {
      signal.removeEventListener("abort", stop);
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `${jobId}: ${failure ?? (killedBy === null ? `exit status ${code}` : `ended by ${killedBy}; run the same command to resume`)}`,
          ),
        );
    });
  });
}
