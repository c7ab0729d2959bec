/**
 * @file Writes ddp-losses.json: losses and gradient norms of two tiny stages by PyTorch, two CPU processes with gloo.
 *
 *   CLASS_IT_PYTHON=python3 node --import tsx test/golden/train/make-ddp-losses.ts
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { initBackend } from "../../../src/tensor";
import { readTorchResult } from "../../../src/train/torch-export";
import { writeJson } from "../../../src/util/jsonl";
import { exportTinyStage, FINGERPRINTS, pythonWithTorch, TORCH_STAGES, torchrun } from "../../train/support/torch-run";

async function main(): Promise<void> {
  const python = pythonWithTorch();
  if (python === null) throw new Error("want a Python with torch and transformers; name it in CLASS_IT_PYTHON");
  await initBackend();
  const golden: Record<string, unknown> = {};
  for (const name of Object.keys(TORCH_STAGES)) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-ddp-"));
    await exportTinyStage(folder, name);
    torchrun(python, folder);
    const { losses, made, model } = readTorchResult(folder, FINGERPRINTS);
    model.dispose();
    fs.rmSync(folder, { recursive: true });
    golden.made = made;
    golden[name] = losses.map(({ learningRate, lossNats, gradNorm }) => ({ learningRate, lossNats, gradNorm }));
  }
  writeJson(path.join(__dirname, "ddp-losses.json"), golden);
}

void main();
