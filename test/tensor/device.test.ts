import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { emptyBatch, place } from "../../src/model/token-batch";
import {
  type DeviceBackend,
  DeviceMemory,
  sameInts,
  startDeviceBackend,
  TransferCounts,
} from "../../src/tensor/device";
import { registerFused } from "../../src/tensor/fused/register";
import * as ops from "../../src/tensor/index";
import { AdamW } from "../../src/train/optimizer";
import { Rng } from "../../src/util/rng";
import { NativeCard } from "./support/native-card";
import { nativeMissing } from "./support/native-missing";
import { testOperations } from "./support/operations-suite";
import { checkTrainingRun, testAgainstTorch } from "./support/torch-suite";

const { tf } = ops;

const absent = nativeMissing();

let backend: DeviceBackend<ArrayBuffer>;
let card: NativeCard;

async function start(name: string, settings?: ConstructorParameters<typeof NativeCard>[1]): Promise<void> {
  card = new NativeCard(name, settings);
  backend = await startDeviceBackend(card);
  registerFused(backend);
}

test("memory with an order gives equal sequences of requests equal pieces, whatever was freed first", () => {
  let pieces = 0;
  const memory = new DeviceMemory("test", {
    allocate: () => pieces++,
    release: () => {},
    room: () => null,
    order: (piece: number) => piece,
  });
  const sizes = [1000, 1000, 5000, 1000, 5000];
  const request = () => sizes.map((bytes) => memory.allocate(bytes, "a test"));
  const first = request();
  for (const i of [3, 0, 4, 1, 2]) memory.release(first[i]);
  assert.deepEqual(request(), first);
});

if (absent !== false) test("the backend of GPU hosts", { skip: absent }, () => {});
else {
  testOperations("card", () => start("card"));
  testAgainstTorch();
  test("a small training run gives PyTorch's losses", checkTrainingRun);
  testTransfers();
  testMemory();
  testWithoutWaiting();
}

function testTransfers(): void {
  describe("transfers", () => {
    before(() => start("card-for-transfers"));

    test("of a training step: ids and masks up once, one loss and one norm down", async () => {
      const { update } = smallTraining();
      await update(); // weights and moments go up
      const before = Object.assign(new TransferCounts(), card.counts);
      const [loss, norm] = await update();
      const counts = card.counts.since(before);
      assert.ok(loss > 0 && norm > 0);
      // ids, position ids, three arrays of the mask, labels, labelled rows
      assert.equal(counts.uploads, 7);
      assert.equal(counts.uploadedBytes, 7 * 4 * 24 * 2);
      assert.equal(counts.downloads, 2);
      assert.equal(counts.downloadedBytes, 4 + 8);
    });

    test("an argument that changes in place is uploaded again, one that does not is not", async () => {
      const table = tf.variable(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]));
      const ids = Int32Array.of(0, 2);
      const rows = async () => [...(await ops.embedding(table as never, ids).data())];
      assert.deepEqual(await rows(), [1, 2, 5, 6]);
      const { uploads } = card.counts;
      assert.deepEqual(await rows(), [1, 2, 5, 6]);
      assert.equal(card.counts.uploads, uploads);
      ids[0] = 1;
      assert.deepEqual(await rows(), [3, 4, 5, 6]);
      assert.equal(card.counts.uploads, uploads + 1);
    });

    test("a kernel of TensorFlow.js sees what the card computed, and the card what it made", async () => {
      const a = tf.add(tf.tensor1d([1, 2, 3]), tf.tensor1d([10, 20, 30])); // on the card
      const root = tf.sqrt(a); // on the host
      const sum = tf.add(root, a); // on the card again
      const want = [11, 22, 33].map((x) => Math.fround(Math.fround(Math.sqrt(x)) + x));
      assert.deepEqual([...sum.dataSync()], want);
    });

    test("what is read is a copy", async () => {
      const x = tf.add(tf.tensor1d([1, 2]), tf.tensor1d([1, 1]));
      x.dataSync().fill(7);
      (await x.data()).fill(7);
      assert.deepEqual([...tf.add(x, x).dataSync()], [4, 6]);
    });
  });
}

function testMemory(): void {
  describe("memory", () => {
    before(() => start("card-for-memory", { total: 1 << 20 }));

    test("is used again: further training steps allocate and leak nothing", async () => {
      const { update } = smallTraining();
      for (let i = 0; i < 12; i++) await update(); // arguments are kept for some turns
      const { allocations } = card;
      const { usedBytes } = card.memory;
      const { numTensors } = tf.memory();
      for (let i = 0; i < 20; i++) await update();
      assert.equal(card.allocations, allocations);
      assert.equal(card.memory.usedBytes, usedBytes);
      assert.equal(tf.memory().numTensors, numTensors);
    });

    test("under pressure, free memory of other sizes goes back to the card", () => {
      const { memory } = card;
      memory.trim();
      const size = 1 << 17; // eight of them fill the card
      const room = Math.floor(((1 << 20) - card.allocated) / size);
      const blocks = Array.from({ length: room }, () => memory.allocate(size, "a test"));
      for (const block of blocks) memory.release(block);
      const large = memory.allocate((room - 1) * size, "a test");
      assert.ok(card.allocated <= 1 << 20);
      memory.release(large);
      memory.trim();
    });

    test("an error names the tensor, what is in use and free, and what to do", () => {
      const a = tf.zeros([1, 1]);
      assert.throws(
        () => tf.add(tf.zeros([700, 500]), a),
        /^RangeError: card-for-memory: no memory for a tensor \[700,500\]: 1\.4 MB wanted, [\d.]+ MB in use by this process, [\d.]+ MB of 1\.0 MB are free; use smaller micro-batches \(maxMicroBatchTokens\) or recompute/,
      );
    });
  });
}

function testWithoutWaiting(): void {
  describe("a host that cannot wait", () => {
    before(() => start("card-that-never-waits", { waits: false }));

    test("trains the same, since no step reads numbers at once", checkTrainingRun);

    test("says what to use where something reads at once", () => {
      const x = tf.add(tf.tensor1d([1, 2]), tf.tensor1d([1, 1]));
      assert.throws(() => x.dataSync(), /these 2 numbers are on the GPU .* data\(\), not dataSync\(\)/);
    });
  });
}

/** Updates of a small model on the same batch, two documents to a row. */
function smallTraining(): { update(): Promise<[number, number]> } {
  const shape = { vocabSize: 50, hiddenSize: 16, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 24 };
  const llama = Llama.init(llamaConfig(shape), Rng.fromSeed(1));
  const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };
  const optimizer = new AdamW(llama.weights, { ...settings, decay: "all", maxGradNorm: 1 });
  const names = new Map([...llama.weights].map(([name, weight]) => [weight.name, name]));
  return {
    update: async () => {
      const batch = emptyBatch(2, 24);
      for (const row of [0, 1])
        for (const from of [0, 12])
          place(
            batch,
            row,
            from,
            Int32Array.from({ length: 12 }, (_, i) => 3 * i + row),
          );
      const labels = Int32Array.from(batch.inputIds, (id) => (id + 3) % 50);
      const { value, grads } = tf.variableGrads(() => llama.loss(batch, labels, "sum"), [...llama.weights.values()]);
      const gradients = new Map(Object.entries(grads).map(([name, g]) => [names.get(name) as string, g]));
      const loss = value.data();
      const norm = optimizer.update(gradients, 1e-3, 1 / labels.length);
      value.dispose();
      return [(await loss)[0], await norm];
    },
  };
}

test("arrays are the same if all numbers are, also where they begin inside a buffer, and in a browser", () => {
  const all = Int32Array.of(9, 1, -2, 3, 9);
  const cases: [Int32Array, Int32Array, boolean][] = [
    [all.subarray(1, 4), Int32Array.of(1, -2, 3), true],
    [all.subarray(1, 4), Int32Array.of(1, -2, 4), false],
    [all, all.subarray(1), false],
    [Int32Array.of(), Int32Array.of(), true],
  ];
  const check = () => cases.map(([a, b]) => sameInts(a, b));
  const wanted = cases.map(([, , same]) => same);
  assert.deepEqual(check(), wanted);
  const { Buffer } = globalThis;
  try {
    (globalThis as { Buffer?: unknown }).Buffer = undefined;
    assert.deepEqual(check(), wanted);
  } finally {
    globalThis.Buffer = Buffer;
  }
});
