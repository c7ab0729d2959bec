/** @file `export-torch`: write a training stage as a folder that plain PyTorch can train on any number of GPUs. */

import * as path from "node:path";
import type { Command } from "commander";
import { exportTorch } from "../../stages/torch-training";
import { initBackend } from "../../tensor";
import { thousands } from "../../util/format";
import { projectRoot } from "../../util/project-root";
import { seedOption, type WorkspaceOptions, workspaceOf, workspaceOptions } from "../workspace-options";

interface Options extends WorkspaceOptions {
  seed: number;
  out: string;
}

export function register(program: Command): void {
  seedOption(workspaceOptions(program.command("export-torch")))
    .description(
      "write a training stage for PyTorch (torchrun, any number of GPUs): weights, packed data, learning rates, script; " +
        "import-torch reads the result",
    )
    .argument("<stage>", "pretrain/<model> or instruct/<run>; earlier stages must be finished")
    .requiredOption("--out <folder>", "output folder")
    .action(run);
}

async function run(stage: string, options: Options): Promise<void> {
  const workspace = workspaceOf(options, options.seed);
  await initBackend();
  const folder = path.resolve(options.out);
  const script = path.join(projectRoot(), "src", "cluster", "train_ddp.py");
  const updates = await exportTorch(workspace, stage, folder, script);
  process.stdout.write(
    `${thousands(updates)} updates in ${folder}; train with: torchrun --nproc-per-node <GPUs> ${folder}/train_ddp.py\n`,
  );
}
