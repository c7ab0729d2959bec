/**
 * @file Runs one job in its own process: started by `reproduce`, configured by its arguments, reports over IPC.
 *
 * Exits when its parent exits, so that no training continues in the background.
 */

import { runStage } from "../stages/stage-graph";
import type { Workspace } from "../stages/workspace";
import { initBackend } from "../tensor";
import { messageOf } from "../util/check";

export interface WorkerMessage {
  share?: number;
  note?: string;
  error?: string;
}

const send = (message: WorkerMessage) =>
  new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(message, undefined, undefined, () => resolve());
  });

async function main(): Promise<void> {
  const { workspace, jobId } = JSON.parse(process.argv[2]) as { workspace: Workspace; jobId: string };
  // the training loop saves its state on SIGTERM; other jobs just end
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  await initBackend();
  let spoke = 0;
  await runStage(workspace, jobId, (share, note) => {
    if (Date.now() - spoke < 200) return;
    spoke = Date.now();
    void send({ share, note });
  });
}

main().then(
  () => process.exit(0),
  async (error: unknown) => {
    const stack = process.env.CLASS_IT_TRACE === "1" && error instanceof Error ? `\n${error.stack}` : "";
    await send({ error: messageOf(error) + stack });
    process.exit(1);
  },
);
