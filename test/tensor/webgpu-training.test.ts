/** Training, scoring, fine-tuning, generation and resume on a software adapter, beside the native backend in one process. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, describe, test } from "node:test";
import { TransferCounts } from "../../src/tensor/device";
import { initBackend, tf } from "../../src/tensor/index";
import { startWebgpu, webgpuDevice } from "../../src/tensor/webgpu/register";
import type { WebgpuDevice } from "../../src/tensor/webgpu/webgpu-device";
import { trainStage } from "../../src/train/loop";
import { assertAllClose } from "../support/close";
import { tinyModel } from "../train/support/tiny-stage";
import { nativeMissing } from "./support/native-missing";
import { softwareAdapterMissing } from "./support/software-adapter";
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

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-webgpu-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

const runFolder = (name: string) => path.join(scratch, name);
let device: WebgpuDevice;
const absent = nativeMissing(softwareAdapterMissing);

describe("on a software adapter", { skip: absent }, () => {
  before(async () => {
    process.env.CLASS_IT_QUIET = "1";
    await initBackend("native");
    await startWebgpu();
    device = webgpuDevice() as WebgpuDevice;
  });
  after(() => device?.destroy());

  test("a stage's losses are the native ones, two runs give the same bytes, and so does a resumed one", async () => {
    const straight = await trained(runFolder("straight"), ["webgpu"]);
    await trained(runFolder("native"), ["native"]);
    assertAllClose(lossesIn(runFolder("straight")), lossesIn(runFolder("native")), { rtol: 0, atol: 2e-5 });
    assert.ok(straight.equals(await trained(runFolder("again"), ["webgpu"])), "a second run differs");
    assert.ok(straight.equals(await trained(runFolder("resumed"), ["webgpu", "webgpu"])), "a resumed run differs");
  });

  test("a checkpoint written on the device continues on the CPU, and the other way round", async () => {
    for (const order of [
      ["webgpu", "native"],
      ["native", "webgpu"],
    ]) {
      const folder = runFolder(order.join(" then "));
      await trained(folder, order);
      assertAllClose(lossesIn(folder), lossesIn(runFolder("native")), { rtol: 0, atol: 2e-5 });
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
      runFolder: runFolder("counted"),
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
    assert.equal(counts.launches, LAUNCHES);
    assert.equal(submissions, 2);
    await tf.setBackend("native");
  });

  testScoring("webgpu", () => {
    const before = counted();
    return () => {
      const { counts, readbacks } = since(before);
      assert.deepEqual([counts.downloads, readbacks], [1, 1]);
    };
  });
  testFineTuning("webgpu");
  testGeneration("webgpu");

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
const LAUNCHES = 102;

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
