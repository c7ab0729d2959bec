/** @file Training, scoring, fine-tuning and generation on a device, compared with the native backend in one process. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { FINETUNE_OPTIMIZER } from "../../../src/experiments/finetuning";
import { generate } from "../../../src/model/generate";
import { LlamaLanguageModel } from "../../../src/model/llama-language-model";
import { SequenceClassifier } from "../../../src/model/sequence-classifier";
import { tf } from "../../../src/tensor/index";
import { type ClassifierSettings, ClassifierTrainer } from "../../../src/train/finetune-classifier";
import { trainStage } from "../../../src/train/loop";
import { LOSS_COLUMNS, type LossRow, readStepTable } from "../../../src/train/loss-table";
import { Rng } from "../../../src/util/rng";
import { assertAllClose } from "../../support/close";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "../../train/support/tiny-stage";

/** Six updates, because the emulator is slow. */
export const DATA = { train: TINY_DATA.train.slice(0, 26), validation: TINY_DATA.validation.slice(0, 2) };
export const SETTINGS = { ...TINY_SETTINGS, epochs: 1 };

export async function on<T>(backend: string, make: () => T): Promise<T> {
  await tf.setBackend(backend);
  return make();
}

/**
 * Train the stage in this folder on one backend after another; each but the last is stopped after the third update.
 *
 * @returns the final weights
 */
export async function trained(runFolder: string, backends: readonly string[]): Promise<Buffer> {
  for (const [i, backend] of backends.entries()) {
    const model = await on(backend, () => tinyModel());
    const stop = new Error("stopped");
    const onStep = ({ step }: { step: number }) => {
      if (i + 1 < backends.length && step === 3) throw stop;
    };
    try {
      await trainStage(model, DATA, SETTINGS, { runFolder, checkpointEverySteps: 2, onStep });
    } catch (error) {
      if (error !== stop) throw error;
    }
    model.dispose();
  }
  return fs.readFileSync(path.join(runFolder, "pretrain", "final", "weights.safetensors"));
}

/** Losses of the stage that was trained in this folder, in nats. */
export function lossesIn(runFolder: string): number[] {
  const rows = readStepTable<LossRow>(path.join(runFolder, "pretrain", "losses.csv"), LOSS_COLUMNS);
  return rows.map(({ lossNats }) => lossNats);
}

/** @param watch - called before scoring on the device; the function it returns checks the transfers afterwards */
export function testScoring(device: string, watch: () => () => void): void {
  test("sentences score within 5e-4 nats of the native backend, and only their scores come down", async () => {
    const sequences = TINY_DATA.train.slice(0, 12).map(({ ids }) => ({ ids: [...ids], from: 1 }));
    const score = async (backend: string) => {
      const model = await on(backend, () => tinyModel("scored"));
      const check = backend === device ? watch() : () => {};
      const results = await new LlamaLanguageModel(model, { tokensPerBatch: 1000 }).score(sequences);
      check();
      model.dispose();
      return results.map((x) => x.reduce((a, b) => a + b, 0));
    };
    assertAllClose(await score(device), await score("native"), { rtol: 0, atol: 5e-4 });
  });
}

const CLASSIFIER: ClassifierSettings = {
  optimizer: FINETUNE_OPTIMIZER,
  learningRate: 1e-3,
  batchSize: 6,
  epochs: 1,
  weightDecay: 0.01,
  warmupShare: 0,
  floor: 0.1,
  dropout: 0.2,
  numLabels: 2,
  pooling: "last_real",
  metrics: () => ({ accuracy: 0 }),
  selectBy: "accuracy",
};

/** @param configure - called before training on the device */
export function testFineTuning(device: string, configure = () => {}): void {
  test("fine-tuning with dropout follows the native losses", async () => {
    const rows = TINY_DATA.train.slice(0, 18).map(({ ids, source }) => ({ ids, label: source === "ones" ? 0 : 1 }));
    const run = async (backend: string) => {
      const model = await on(backend, () => tinyModel());
      const classifier = SequenceClassifier.init(model, 2, "last_real", Rng.fromSeed("head"));
      const trainer = new ClassifierTrainer(classifier, CLASSIFIER, 3);
      const found: number[] = [];
      for (let i = 0; i < 18; i += 6) found.push(await trainer.update(rows.slice(i, i + 6), Rng.fromSeed(`drop ${i}`)));
      return found;
    };
    configure();
    assertAllClose(await run(device), await run("native"), { rtol: 0, atol: 5e-5 });
  });
}

export function testGeneration(device: string): void {
  test("greedy generation gives the native tokens", async () => {
    const write = async (backend: string) => {
      const model = await on(backend, () => tinyModel("writer"));
      const ids = await generate(model, [4, 5, 6], { maxNewTokens: 8 });
      model.dispose();
      return ids;
    };
    assert.deepEqual(await write(device), await write("native"));
  });
}
