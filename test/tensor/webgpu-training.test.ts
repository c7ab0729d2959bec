/** Training, scoring, fine-tuning, generation and resume on a software adapter, beside the native backend in one process. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";
import { FINETUNE_OPTIMIZER } from "../../src/experiments/finetuning";
import { generate } from "../../src/model/generate";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { SequenceClassifier } from "../../src/model/sequence-classifier";
import { TransferCounts } from "../../src/tensor/device";
import { initBackend, tf } from "../../src/tensor/index";
import { loadNative } from "../../src/tensor/native/load-addon";
import { startWebgpu, webgpuDevice } from "../../src/tensor/webgpu/register";
import type { WebgpuDevice } from "../../src/tensor/webgpu/webgpu-device";
import { type ClassifierSettings, ClassifierTrainer } from "../../src/train/finetune-classifier";
import { trainStage } from "../../src/train/loop";
import { messageOf } from "../../src/util/check";
import { Rng } from "../../src/util/rng";
import { assertAllClose } from "../support/close";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "../train/support/tiny-stage";
import { softwareAdapterMissing } from "./support/software-adapter";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-webgpu-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Six updates. */
const DATA = { train: TINY_DATA.train.slice(0, 26), validation: TINY_DATA.validation.slice(0, 2) };
const SETTINGS = { ...TINY_SETTINGS, epochs: 1 };
let device: WebgpuDevice;
const absent = reasonForNone();

describe("on a software adapter", { skip: absent }, () => {
  before(async () => {
    process.env.CLASS_IT_QUIET = "1";
    await initBackend("native");
    await startWebgpu();
    device = webgpuDevice() as WebgpuDevice;
  });
  after(() => device?.destroy());

  test("a stage's losses are the native ones, two runs give the same bytes, and so does a resumed one", async () => {
    const straight = await trained("straight", ["webgpu"]);
    await trained("native", ["native"]);
    assertAllClose(losses("straight"), losses("native"), { rtol: 0, atol: 2e-5 });
    assert.ok(straight.equals(await trained("resumed", ["webgpu", "webgpu"])), "a resumed run differs");
  });

  test("a checkpoint written on the device continues on the CPU, and the other way round", async () => {
    for (const order of [
      ["webgpu", "native"],
      ["native", "webgpu"],
    ]) {
      await trained(order.join(" then "), order);
      assertAllClose(losses(order.join(" then ")), losses("native"), { rtol: 0, atol: 2e-5 });
    }
  });

  test("per training step, ids go up, one loss and one norm come down together; nothing else runs on the host", async () => {
    const steps: Counted[] = [];
    let before = counted();
    const onStep = () => {
      steps.push(since(before));
      before = counted();
    };
    const model = await on("webgpu", () => tinyModel());
    await trainStage(model, { ...DATA, validation: [] }, SETTINGS, {
      runFolder: path.join(scratch, "counted"),
      onStep,
    });
    model.dispose();
    const { counts, submissions, readbacks } = steps[2];
    // what a stock operation would read on the host would be a download
    assert.equal(counts.downloads, 2);
    assert.equal(counts.downloadedBytes, 4 + 4);
    // ids, positions, the mask's plan, labelled rows, labels, tokens by id
    assert.equal(counts.uploads, 6);
    assert.equal(readbacks, 1);
    assert.equal(submissions, 1);
    assert.equal(counts.launches, LAUNCHES);
    await tf.setBackend("native");
  });

  test("sentences score within 5e-4 nats of the native backend, and only their scores come down", async () => {
    const sequences = TINY_DATA.train.slice(0, 12).map(({ ids }) => ({ ids: [...ids], from: 1 }));
    const score = async (backend: string) => {
      const model = await on(backend, () => tinyModel("scored"));
      const before = counted();
      const results = await new LlamaLanguageModel(model, { tokensPerBatch: 1000 }).score(sequences);
      if (backend === "webgpu") {
        const { counts, readbacks } = since(before);
        assert.deepEqual([counts.downloads, readbacks], [1, 1]);
      }
      model.dispose();
      return results.map((x) => x.reduce((a, b) => a + b, 0));
    };
    assertAllClose(await score("webgpu"), await score("native"), { rtol: 0, atol: 5e-4 });
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
    assertAllClose(await run("webgpu"), await run("native"), { rtol: 0, atol: 5e-5 });
  });

  test("greedy generation gives the native tokens", async () => {
    const write = async (backend: string) => {
      const model = await on(backend, () => tinyModel("writer"));
      const ids = await generate(model, [4, 5, 6], { maxNewTokens: 8 });
      model.dispose();
      return ids;
    };
    assert.deepEqual(await write("webgpu"), await write("native"));
  });

  test("a tensor that no buffer of the device can hold is refused by name", async () => {
    await tf.setBackend("webgpu");
    assert.throws(
      () => tf.matMul(tf.zeros([40_000, 1]), tf.zeros([1, 40_000])),
      /^RangeError: webgpu: no memory for a tensor \[40000,40000\]: 6\.44 GB wanted, a buffer of this device has at most 1\.07 GB; use smaller micro-batches/,
    );
    await tf.setBackend("native");
  });
});

/** Of a training step of two layers. */
const LAUNCHES = 104;

interface Counted {
  counts: TransferCounts;
  submissions: number;
  readbacks: number;
}

function counted(): Counted {
  const { submissions, readbacks } = device.queue;
  return { counts: Object.assign(new TransferCounts(), device.counts), submissions, readbacks };
}

function since(before: Counted): Counted {
  const { submissions, readbacks } = device.queue;
  return {
    counts: device.counts.since(before.counts),
    submissions: submissions - before.submissions,
    readbacks: readbacks - before.readbacks,
  };
}

function reasonForNone(): string | false {
  try {
    loadNative();
    return softwareAdapterMissing();
  } catch (error) {
    return `native kernels absent: ${messageOf(error)}`;
  }
}

async function on<T>(backend: string, make: () => T): Promise<T> {
  await tf.setBackend(backend);
  return make();
}

/** Of a stage that was trained under this name. */
function losses(name: string): number[] {
  const lines = fs
    .readFileSync(path.join(scratch, name, "pretrain", "losses.csv"), "utf8")
    .trim()
    .split("\n");
  const column = lines[0].split(",").indexOf("lossNats");
  return lines.slice(1).map((line) => Number(line.split(",")[column]));
}

/** Train the stage, on one backend after the other, stopped after the third update where there are two. @returns its weights */
async function trained(name: string, backends: string[]): Promise<Buffer> {
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
