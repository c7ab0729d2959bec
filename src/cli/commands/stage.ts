/** @file `stage ID ...` runs single stages of a reproduction, for use by schedulers; `stages` lists them. */

import type { Command } from "commander";
import { type Report, runStage } from "../../stages/stage-graph";
import { initBackend } from "../../tensor";
import { TrainingStopped } from "../../train/loop";
import { seedOption, type WorkspaceOptions, workspaceOf, workspaceOptions } from "../workspace-options";

/** Exit status of a stage that was stopped by a signal and saved its state; it resumes when run again (EX_TEMPFAIL). */
const STOPPED = 75;

export function register(program: Command): void {
  seedOption(workspaceOptions(program.command("stage")))
    .description(
      "run stages of a reproduction by their ids (see stages): finished work is skipped, stopped work resumes; " +
        `one JSON line per stage; exit status ${STOPPED} after a signal, with the state saved`,
    )
    .argument("<ids...>", "stage ids, for example pretrain/wide or zero-shot/wide-merged/blimp")
    .action(stage);
}

async function stage(ids: readonly string[], options: WorkspaceOptions & { seed: number }): Promise<void> {
  const workspace = workspaceOf(options, options.seed);
  const backend = await initBackend();
  for (const id of ids) {
    try {
      await runStage(workspace, id, tenths(id));
    } catch (error) {
      if (!(error instanceof TrainingStopped)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = STOPPED;
      return;
    }
    process.stdout.write(
      `${JSON.stringify({ stage: id, seed: workspace.seed, scale: workspace.scale, backend: backend.name })}\n`,
    );
  }
}

/** Print one line per tenth of the work to standard error, and one at the start or on resume, as the log of a job. */
function tenths(id: string): Report {
  let next = 0;
  return (share, note) => {
    if (share < next) return;
    next = Math.floor(10 * share + 1) / 10;
    process.stderr.write(`${id}: ${Math.floor(100 * share)} % ${note}\n`);
  };
}
