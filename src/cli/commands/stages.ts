/** @file `stages`: list the stages of a reproduction, their dependencies, and their resources for a scheduler. */

import type { Command } from "commander";
import { stageGraph } from "../../stages/stage-graph";
import { stageNeeds } from "../../stages/stage-needs";
import { DEFAULT_SEED } from "../../stages/workspace";
import { measuredRates } from "../job-rates";
import { runsOf, type WorkspaceOptions, workspaceOf, workspaceOptions } from "../workspace-options";

export function register(program: Command): void {
  workspaceOptions(program.command("stages"))
    .description("list the stages of a reproduction with their dependencies and resources")
    .option("--json", "as JSON", false)
    .action(stages);
}

async function stages(options: WorkspaceOptions & { json: boolean }): Promise<void> {
  const workspace = workspaceOf(options, DEFAULT_SEED);
  const rates = await measuredRates();
  const nodes = stageGraph(workspace, runsOf(options)).map((node) => ({
    ...node,
    ...stageNeeds(workspace, node, rates),
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ stages: nodes }, null, 1)}\n`);
    return;
  }
  const width = Math.max(...nodes.map(({ id }) => id.length));
  for (const { id, needs, minutes, memoryMb } of nodes) {
    const before = needs.length > 3 ? `${needs.length} stages` : needs.join(", ") || "nothing";
    process.stdout.write(`${id.padEnd(width)}  ${minutes} min, ${memoryMb} MB at most, after ${before}\n`);
  }
}
