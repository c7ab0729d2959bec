/**
 * @file `import-torch`: import the result of a stage trained by PyTorch from an export, as a finished stage of its run.
 */

import type { Command } from "commander";
import { importTorch } from "../../stages/torch-training";
import { initBackend } from "../../tensor";
import { seedOption, type WorkspaceOptions, workspaceOf, workspaceOptions } from "../workspace-options";

export function register(program: Command): void {
  seedOption(workspaceOptions(program.command("import-torch")))
    .description(
      "import a stage trained by PyTorch (see export-torch), so that its run can be tuned, scored and summarised",
    )
    .argument("<stage>", "id of the exported stage")
    .argument("<folder>", "folder of the export, after torchrun train_ddp.py")
    .action(run);
}

async function run(stage: string, folder: string, options: WorkspaceOptions & { seed: number }): Promise<void> {
  const workspace = workspaceOf(options, options.seed);
  await initBackend();
  await importTorch(workspace, stage, folder, () => {});
  process.stdout.write(`${stage} is finished; its run is in ${workspace.runsFolder}\n`);
}
