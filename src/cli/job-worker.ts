/**
 * @file Runs jobs in its own process: started by `reproduce`, told each job over IPC, and reports there.
 *
 * Exits when its parent exits, so that no training continues in the background, and after a job that failed.
 */

import { runStage } from "../stages/stage-graph";
import type { Workspace } from "../stages/workspace";
import { initBackend } from "../tensor";
import { messageOf } from "../util/check";

export interface WorkerMessage {
  share?: number;
  note?: string;
  /** The job has finished; the process waits for the next one. */
  done?: true;
  error?: string;
}

const workspace = JSON.parse(process.argv[2]) as Workspace;

const send = (message: WorkerMessage) =>
  new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });

async function run(jobId: string): Promise<void> {
  await initBackend();
  let spoke = 0;
  await runStage(workspace, jobId, (share, note) => {
    if (Date.now() - spoke < 200) return;
    spoke = Date.now();
    void send({ share, note });
  });
}

// the training loop saves its state on SIGTERM; other jobs just end
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.on("message", ({ jobId }: { jobId: string }) => {
  run(jobId).then(
    () => send({ done: true }),
    async (error: unknown) => {
      const stack = process.env.CLASS_IT_TRACE === "1" && error instanceof Error ? `\n${error.stack}` : "";
      await send({ error: messageOf(error) + stack });
      process.exit(1);
    },
  );
});
