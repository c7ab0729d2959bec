/** @file Two tiny stages trained by `src/cluster/train_ddp.py` on two CPU processes (gloo). */

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { trainStage } from "../../../src/train/loop";
import type { LossRow } from "../../../src/train/loss-table";
import { writeTorchExport } from "../../../src/train/torch-export";
import type { StageData, StageSettings } from "../../../src/train/training-stage";
import { projectRoot } from "../../../src/util/project-root";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./tiny-stage";

/** Packed text with decay of all weights and restarts, and whole examples of which only the second half carries loss. */
export const TORCH_STAGES: Record<string, { data: StageData; settings: StageSettings }> = {
  pretrain: {
    data: TINY_DATA,
    settings: { ...TINY_SETTINGS, decay: "all", schedule: "cosine-with-restarts", cycles: 2, maxMicroBatchTokens: 32 },
  },
  instruct: {
    data: {
      train: TINY_DATA.train.map((example) => ({ ...example, lossFrom: Math.ceil(example.ids.length / 2) })),
      validation: TINY_DATA.validation,
    },
    settings: { ...TINY_SETTINGS, name: "instruct-1", packing: "examples", epochs: 2, maxGradNorm: 0.5 },
  },
};

/** A Python with torch and transformers, or null. */
export function pythonWithTorch(): string | null {
  const python = process.env.CLASS_IT_PYTHON ?? "python3";
  const { status } = spawnSync(python, ["-c", "import torch, transformers"], { timeout: 120_000 });
  return status === 0 ? python : null;
}

export const FINGERPRINTS = { stage: "tiny" };

/** Export a stage and copy the script beside it. */
export async function exportTinyStage(folder: string, name: string): Promise<void> {
  const { data, settings } = TORCH_STAGES[name];
  const model = tinyModel();
  await writeTorchExport(folder, model, data.train, settings, FINGERPRINTS);
  model.dispose();
  fs.copyFileSync(path.join(projectRoot(), "src", "cluster", "train_ddp.py"), path.join(folder, "train_ddp.py"));
}

/** Run the script of an exported folder. @throws Error with what it wrote */
export function torchrun(python: string, folder: string, args: readonly string[] = []): void {
  const launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"];
  const { status, stderr, stdout } = spawnSync(python, [...launcher, path.join(folder, "train_ddp.py"), ...args], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1", CUDA_VISIBLE_DEVICES: "" },
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`train_ddp.py ended with ${status}: ${stdout}${stderr}`);
}

/** The same stage by the training loop. */
export async function trainHere(
  runFolder: string,
  name: string,
): Promise<{ losses: LossRow[]; weights: Map<string, Float32Array> }> {
  const { data, settings } = TORCH_STAGES[name];
  const model = tinyModel();
  const { losses } = await trainStage(model, data, settings, { runFolder });
  const weights = await model.values();
  model.dispose();
  return { losses, weights };
}
