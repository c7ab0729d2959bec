import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BatchSettings,
  countCut,
  microBatches,
  passTokens,
  planEpoch,
  stepsPerEpoch,
} from "../../src/train/batch";
import { wordsOfUpdate } from "../../src/train/words-seen";
import { Rng } from "../../src/util/rng";
import { tinyExamples } from "./support/tiny-stage";

const STREAM: BatchSettings = { packing: "stream", batchSize: 3, sequenceLength: 16, maxMicroBatchTokens: 1000 };
const EXAMPLES: BatchSettings = { packing: "examples", batchSize: 8, sequenceLength: 64, maxMicroBatchTokens: 1000 };
const examples = tinyExamples(101, "batches");

for (const settings of [STREAM, EXAMPLES]) {
  test(`${settings.packing}: every token after the first is predicted once, from its own document only`, () => {
    const seen = new Map<string, number>();
    let steps = 0;
    let positions = 0;
    let predicted = 0;
    let words = 0;
    for (const plan of planEpoch(examples, settings, Rng.fromSeed(1))) {
      steps++;
      words += wordsOfUpdate(examples, plan, settings).finished;
      for (const { batch, labels, lossTokens } of microBatches(examples, plan, settings)) {
        positions += batch.B * batch.T;
        predicted += lossTokens;
        for (let i = 0; i < labels.length; i++) {
          if (labels[i] === -100) continue;
          const key = `${batch.inputIds[i]}>${labels[i]}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
          const start = i - (i % batch.T) + batch.mask.branchStart[i];
          assert.equal(batch.positionIds[i], i - start); // positions begin anew where the mask does
        }
      }
    }
    const want = new Map<string, number>();
    for (const { ids } of examples) {
      for (let t = 0; t + 1 < ids.length; t++) {
        const key = `${ids[t]}>${ids[t + 1]}`;
        want.set(key, (want.get(key) ?? 0) + 1);
      }
    }
    assert.deepEqual([...seen].sort(), [...want].sort());
    assert.equal(steps, stepsPerEpoch(examples, settings));
    assert.ok(positions <= predicted * 1.05, `${positions} positions for ${predicted} tokens: over 5 % padding`);
    assert.equal(
      words,
      examples.reduce((sum, e) => sum + e.words, 0),
    );
  });
}

test("examples carry loss on the reply and the closing token, and on nothing else", () => {
  const dialogue = [
    { ids: [10, 11, 12, 20, 21, 1], lossFrom: 3, source: "switchboard", words: 5 },
    { ids: [13, 22, 1], lossFrom: 1, source: "switchboard", words: 2 },
  ];
  for (const plan of planEpoch(dialogue, EXAMPLES, Rng.fromSeed(1))) {
    for (const { batch, labels, lossTokens } of microBatches(dialogue, plan, EXAMPLES)) {
      assert.equal(lossTokens, 3 + 2);
      const pairs = [...labels].flatMap((label, i) => (label === -100 ? [] : [[batch.inputIds[i], label]]));
      assert.deepEqual(
        pairs.sort(),
        [
          [12, 20],
          [13, 22],
          [20, 21],
          [21, 1],
          [22, 1],
        ].sort(),
      );
    }
  }
});

test("an example that is too long loses its end, and that is counted", () => {
  const long = [
    { ids: Array.from({ length: 20 }, (_, t) => t), lossFrom: 15, source: "a", words: 20 },
    { ids: Array.from({ length: 20 }, (_, t) => t), lossFrom: 2, source: "a", words: 20 },
  ];
  const settings = { ...EXAMPLES, sequenceLength: 12 }; // 12 inputs and the 13th token as the last label
  assert.deepEqual(countCut(long, settings), { tokens: 14, examples: 1 });
  const [plan] = planEpoch(long, settings, Rng.fromSeed(1));
  const [{ lossTokens }] = microBatches(long, plan, settings);
  assert.equal(lossTokens, 11); // tokens 2 .. 12 of the second one
});

test("passes hold at most the positions allowed, and together the whole update", () => {
  for (const settings of [STREAM, EXAMPLES]) {
    for (const plan of planEpoch(examples, settings, Rng.fromSeed(1))) {
      const whole = [...microBatches(examples, plan, settings)];
      const parts = [...microBatches(examples, plan, { ...settings, maxMicroBatchTokens: 32 })];
      assert.equal(whole.length, 1);
      for (const { batch } of parts) assert.ok(batch.B * batch.T <= 32);
      const sum = parts.reduce((total, p) => total + p.lossTokens, 0);
      assert.equal(sum, whole[0].lossTokens);
    }
  }
});

test("epochs are shuffled by their own stream", () => {
  const first = (name: string) => [...planEpoch(examples, EXAMPLES, Rng.fromSeed(3).fork(name))][0].spans.flat();
  assert.deepEqual(first("epoch-0"), first("epoch-0"));
  assert.notDeepEqual(first("epoch-0"), first("epoch-1"));
});

test("a pass holds the rows that fit into a micro-batch, one row where it is longer, and no more than an update", () => {
  const paper = { batchSize: 8, sequenceLength: 6144, maxMicroBatchTokens: 8192 };
  assert.equal(passTokens({ ...paper, packing: "stream" }), 6144); // two rows would be 12,288
  assert.equal(passTokens({ ...paper, packing: "examples" }), 8192); // examples are shorter than a row
  const tiny = { batchSize: 16, sequenceLength: 128, maxMicroBatchTokens: 8192 };
  assert.equal(passTokens({ ...tiny, packing: "stream" }), 2048); // the whole update
  assert.equal(passTokens({ ...tiny, packing: "stream", maxMicroBatchTokens: 100 }), 128);
  for (const settings of [STREAM, { ...STREAM, maxMicroBatchTokens: 40 }, { ...STREAM, maxMicroBatchTokens: 5 }]) {
    const widest = [...planEpoch(examples, settings, Rng.fromSeed(2))]
      .flatMap((plan) => [...microBatches(examples, plan, settings)])
      .map(({ batch }) => batch.B * batch.T);
    assert.equal(Math.max(...widest), passTokens(settings));
  }
});
