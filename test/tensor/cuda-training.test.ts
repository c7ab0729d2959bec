/** Training, scoring, fine-tuning, generation and resume on an emulated card, beside the native backend in one process. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import type { CudaCard } from "../../src/tensor/cuda/card";
import { startDeviceBackend, TransferCounts } from "../../src/tensor/device";
import type { Precision } from "../../src/tensor/fused/precision";
import { registerFused } from "../../src/tensor/fused/register";
import { initBackend, tf } from "../../src/tensor/index";
import { trainStage } from "../../src/train/loop";
import { memoryUse, planMemory, trainingMemory, usableBytes } from "../../src/train/training-cost";
import { Rng } from "../../src/util/rng";
import { assertAllClose } from "../support/close";
import { TINY_CONFIG, tinyModel } from "../train/support/tiny-stage";
import { emulatedCard, emulator, emulatorMissing } from "./support/emulator";
import { nativeMissing } from "./support/native-missing";
import {
  DATA,
  lossesIn,
  on,
  SETTINGS,
  testFineTuning,
  testGeneration,
  testScoring,
  trained,
} from "./support/training-suite";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-cuda-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

let card: CudaCard;
const absent = nativeMissing(emulatorMissing);

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
    const run = (name: string, ...backends: string[]) => trainedIn(path.join(scratch, name), backends);
    const [straight, again] = [await run("straight", "cuda"), await run("again", "cuda")];
    assert.ok(straight.equals(again), "a second run differs");
    assert.ok(straight.equals(await run("resumed", "cuda", "cuda")), "a resumed run differs");
  });

  test("a checkpoint written on the card continues on the CPU, and the other way round", async () => {
    const want = await losses("native", "float32");
    for (const order of [
      ["cuda", "native"],
      ["native", "cuda"],
    ]) {
      const folder = path.join(scratch, order.join(" then "));
      await trainedIn(folder, order);
      assertAllClose(lossesIn(folder), want, { rtol: 0, atol: 5e-3 }, folder);
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

  test("on a card too small for the activations they are recomputed, with the same bytes", async () => {
    const width = { hiddenSize: 32, intermediateSize: 64, numAttentionHeads: 1, numKeyValueHeads: 1 };
    const config = llamaConfig({ ...TINY_CONFIG, ...width, numHiddenLayers: 5, maxPositionEmbeddings: 128 });
    const settings = { ...SETTINGS, batchSize: 1, sequenceLength: 128 };
    const [small, enough] = [1.35 * planMemory(config, 128, false).total, 2 ** 30];
    const trainedOn = async (name: string, memory: number, recompute: boolean) => {
      card.memory.trim();
      process.env.EMULATE_MEMORY = String(memory);
      const model = await on("cuda", () => Llama.init(config, Rng.fromSeed("small card")));
      model.recompute = recompute;
      const lines: string[] = [];
      const log = (line: string) => lines.push(line);
      const data = { train: DATA.train.slice(0, 12), validation: [] };
      try {
        await trainStage(model, data, settings, { runFolder: path.join(scratch, name), log });
        const values = Buffer.concat([...(await model.values()).values()].map((x) => new Uint8Array(x.buffer)));
        return { values, recompute: model.recompute, message: lines.find((line) => line.includes("recomputed")) };
      } finally {
        process.env.EMULATE_MEMORY = "";
        model.dispose();
      }
    };
    for (const precision of ["tf32", "bf16"] as const) {
      card.precisions = { training: precision, scoring: "float32" };
      assert.equal(trainingMemory().activations, precision === "bf16" ? "bf16" : "float32");
      const asked = await trainedOn(`asked ${precision}`, enough, true);
      const plain = await trainedOn(`plain ${precision}`, enough, false);
      assert.deepEqual([asked.message, plain.message, plain.recompute], [undefined, undefined, false]);
      assert.ok(asked.values.equals(plain.values), `${precision}: recomputed and kept activations differ`);
      if (precision === "bf16") continue; // at this size, padding of the operands takes more memory than activations
      const itself = await trainedOn("small", small, false);
      assert.equal(itself.recompute, true);
      assert.match(
        itself.message as string,
        /^pretrain: passes of 128 tokens need .* of the GPU; activations are recom/,
      );
      assert.ok(
        itself.values.equals(asked.values),
        "weights differ: recomputation chosen by memory size, and requested recomputation",
      );
    }
    const memory = { bytes: small, of: "the GPU", activations: "float32" } as const;
    assert.ok(memoryUse(planMemory(config, 128, true), memory) < usableBytes(memory));
    await tf.setBackend("native");
    assert.deepEqual(trainingMemory(), { bytes: os.totalmem(), of: "this machine", activations: "float32" });
  });

  testScoring("cuda", () => {
    const before = Object.assign(new TransferCounts(), card.counts);
    return () => assert.equal(card.counts.since(before).downloads, 1);
  });
  testFineTuning("cuda", () => {
    card.precisions = { training: "float32", scoring: "float32" };
  });
  testGeneration("cuda");
});

async function losses(backend: string, precision: Precision): Promise<number[]> {
  const runFolder = path.join(scratch, `${backend} ${precision}`);
  await trainedIn(runFolder, [backend], precision);
  return lossesIn(runFolder);
}

function trainedIn(runFolder: string, backends: readonly string[], precision: Precision = "tf32"): Promise<Buffer> {
  card.precisions = { training: precision, scoring: "float32" };
  return trained(runFolder, backends);
}
