/** Training, scoring, fine-tuning, generation and resume on an emulated card, beside the native backend in one process. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";
import { FINETUNE_OPTIMIZER } from "../../src/experiments/finetuning";
import { generate } from "../../src/model/generate";
import type { Llama } from "../../src/model/llama";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { SequenceClassifier } from "../../src/model/sequence-classifier";
import type { CudaCard } from "../../src/tensor/cuda/card";
import type { Precision } from "../../src/tensor/cuda/precision";
import { startDeviceBackend, TransferCounts } from "../../src/tensor/device";
import { registerFused } from "../../src/tensor/fused/register";
import { initBackend, tf } from "../../src/tensor/index";
import { loadNative } from "../../src/tensor/native/load-addon";
import { type ClassifierSettings, ClassifierTrainer } from "../../src/train/finetune-classifier";
import { trainStage } from "../../src/train/loop";
import { messageOf } from "../../src/util/check";
import { Rng } from "../../src/util/rng";
import { assertAllClose } from "../support/close";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "../train/support/tiny-stage";
import { emulatedCard, emulator, emulatorMissing } from "./support/emulator";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-cuda-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Six updates: the emulator is slow. */
const DATA = { train: TINY_DATA.train.slice(0, 26), validation: TINY_DATA.validation.slice(0, 2) };
const SETTINGS = { ...TINY_SETTINGS, epochs: 1 };
let card: CudaCard;
const absent = reasonForNone();

describe("on an emulated card", { skip: absent }, () => {
  before(async () => {
    process.env.CLASS_IT_QUIET = "1";
    await initBackend("native");
    const found = await emulator();
    if ("reason" in found) throw new Error(found.reason);
    card = emulatedCard(found.file);
    registerFused(await startDeviceBackend(card));
  });

  test("a stage's losses are the native ones in float32, near them in tf32 and bf16", async () => {
    const want = await losses("native", "float32");
    for (const [precision, atol] of [
      ["float32", 2e-5],
      ["tf32", 5e-3],
      ["bf16", 5e-2],
    ] as const) {
      assertAllClose(await losses("cuda", precision), want, { rtol: 0, atol }, precision);
    }
  });

  test("two runs give the same bytes, and so does one that was stopped and resumed", async () => {
    const [straight, again] = [await trained("straight", ["cuda"]), await trained("again", ["cuda"])];
    assert.ok(straight.equals(again), "a second run differs");
    assert.ok(straight.equals(await trained("resumed", ["cuda", "cuda"])), "a resumed run differs");
  });

  test("a checkpoint written on the card continues on the CPU, and the other way round", async () => {
    const want = await lossesOf(path.join(scratch, "native"), "native");
    for (const order of [
      ["cuda", "native"],
      ["native", "cuda"],
    ]) {
      const folder = order.join(" then ");
      await trained(folder, order);
      assertAllClose(await lossesOf(path.join(scratch, folder), "native"), want, { rtol: 0, atol: 5e-3 }, folder);
    }
  });

  test("per training step, ids go up, one loss and one norm come down", async () => {
    const model = await on("cuda", () => tinyModel());
    const counts: TransferCounts[] = [];
    let before = new TransferCounts();
    const onStep = () => {
      counts.push(card.counts.since(before));
      before = Object.assign(new TransferCounts(), card.counts);
    };
    const data = { ...DATA, validation: [] };
    await trainStage(model, data, SETTINGS, { runFolder: path.join(scratch, "counted"), onStep });
    model.dispose();
    const step = counts[2];
    assert.equal(step.downloads, 2);
    assert.equal(step.downloadedBytes, 4 + 8);
    // ids, positions, the mask's plan, labelled rows, labels, tokens by id; the optimizer's two lists of pieces
    assert.equal(step.uploads, 8);
    assert.equal(step.launches, 105); // two layers
    await tf.setBackend("native");
  });

  test("sentences score within 5e-4 nats of the native backend, and only their scores come down", async () => {
    const sequences = TINY_DATA.train.slice(0, 12).map(({ ids }) => ({ ids: [...ids], from: 1 }));
    const score = async (backend: string) => {
      const model = await on(backend, () => tinyModel("scored"));
      const before = Object.assign(new TransferCounts(), card.counts);
      const results = await new LlamaLanguageModel(model, { tokensPerBatch: 1000 }).score(sequences);
      if (backend === "cuda") assert.equal(card.counts.since(before).downloads, 1);
      model.dispose();
      return results.map((x) => x.reduce((a, b) => a + b, 0));
    };
    assertAllClose(await score("cuda"), await score("native"), { rtol: 0, atol: 5e-4 });
  });

  test("fine-tuning with dropout follows the native losses", async () => {
    const settings: ClassifierSettings = {
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
    const rows = TINY_DATA.train.slice(0, 18).map(({ ids, source }) => ({ ids, label: source === "ones" ? 0 : 1 }));
    const run = async (backend: string) => {
      const model = await on(backend, () => tinyModel());
      const classifier = SequenceClassifier.init(model, 2, "last_real", Rng.fromSeed("head"));
      const trainer = new ClassifierTrainer(classifier, settings, 3);
      const found: number[] = [];
      for (let i = 0; i < 18; i += 6) found.push(await trainer.update(rows.slice(i, i + 6), Rng.fromSeed(`drop ${i}`)));
      return found;
    };
    card.precisions = { training: "float32", scoring: "float32" };
    assertAllClose(await run("cuda"), await run("native"), { rtol: 0, atol: 5e-5 });
  });

  test("greedy generation gives the native tokens", async () => {
    const write = async (backend: string) => {
      const model = await on(backend, () => tinyModel("writer"));
      const ids = await generate(model, [4, 5, 6], { maxNewTokens: 8 });
      model.dispose();
      return ids;
    };
    assert.deepEqual(await write("cuda"), await write("native"));
  });
});

function reasonForNone(): string | false {
  try {
    loadNative();
    return emulatorMissing();
  } catch (error) {
    return `native kernels absent: ${messageOf(error)}`;
  }
}

async function on<T>(backend: string, make: () => T): Promise<T> {
  await tf.setBackend(backend);
  return make();
}

async function losses(backend: string, precision: Precision): Promise<number[]> {
  card.precisions = { training: precision, scoring: "float32" };
  return lossesOf(path.join(scratch, `${backend} ${precision}`), backend);
}

/** Losses of the stage in this folder, trained to its end. */
async function lossesOf(runFolder: string, backend: string): Promise<number[]> {
  const model: Llama = await on(backend, () => tinyModel());
  await trainStage(model, DATA, SETTINGS, { runFolder });
  model.dispose();
  const lines = fs
    .readFileSync(path.join(runFolder, "pretrain", "losses.csv"), "utf8")
    .trim()
    .split("\n");
  const column = lines[0].split(",").indexOf("lossNats");
  return lines.slice(1).map((line) => Number(line.split(",")[column]));
}

/** Train the stage, on one backend after the other, stopped after the third update where there are two. @returns its weights */
async function trained(name: string, backends: string[]): Promise<Buffer> {
  card.precisions = { training: "tf32", scoring: "float32" };
  const runFolder = path.join(scratch, name);
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
