/** @file Worker processes that run one job after another, so that modules are loaded and compiled once, not once per job. */

import { type ChildProcess, fork } from "node:child_process";
import * as path from "node:path";
import type { Workspace } from "../stages/workspace";
import type { WorkerMessage } from "./job-worker";

/** Processes with `threads` compute threads each; call `close` when no job is left. */
export class WorkerProcesses {
  private readonly root: string;
  private readonly workspace: Workspace;
  private readonly threads: number;
  private readonly idle: ChildProcess[] = [];

  constructor(root: string, workspace: Workspace, threads: number) {
    this.root = root;
    this.workspace = workspace;
    this.threads = threads;
  }

  /**
   * Run one job in an idle process, or in a new one.
   *
   * @throws Error with the job's own message, or the signal that ended it
   */
  async run(jobId: string, report: (share: number, note: string) => void, signal: AbortSignal): Promise<void> {
    const child = this.idle.pop() ?? this.start();
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    try {
      await finished(child, jobId, report);
      this.idle.push(child);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  close(): void {
    for (const child of this.idle.splice(0)) child.kill("SIGTERM");
  }

  private start(): ChildProcess {
    const file = path.join(this.root, "src", "cli", "job-worker.ts");
    const child = fork(file, [JSON.stringify(this.workspace)], {
      cwd: this.root,
      execArgv: ["--import", "tsx"],
      env: { ...process.env, CLASS_IT_THREADS: String(this.threads), CLASS_IT_QUIET: "1" },
    });
    child.once("exit", () => {
      const place = this.idle.indexOf(child);
      if (place >= 0) this.idle.splice(place, 1);
    });
    return child;
  }
}

/** Give the job to the process and wait for it. A process that reports an error ends. */
function finished(child: ChildProcess, jobId: string, report: (share: number, note: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: string | null = null;
    const settle = (error: Error | null) => {
      child.off("message", onMessage).off("error", onError).off("exit", onExit);
      if (error === null) resolve();
      else reject(error);
    };
    const onMessage = (message: WorkerMessage) => {
      if (message.done === true) settle(null);
      else if (message.error !== undefined) failure = message.error;
      else report(message.share ?? 0, message.note ?? "");
    };
    const onError = (error: Error) => settle(new Error(`${jobId}: the worker could not be started: ${error.message}`));
    const onExit = (code: number | null, killedBy: string | null) => {
      const ending = killedBy === null ? `exit status ${code}` : `ended by ${killedBy}; run the same command to resume`;
      settle(new Error(`${jobId}: ${failure ?? ending}`));
    };
    child.on("message", onMessage).on("error", onError).on("exit", onExit);
    child.send({ jobId });
  });
}
