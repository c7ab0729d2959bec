import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BatchSettings,
  countCut,
  microBatches,
  passTokens,
  planEpoch,
  stepsPerEpoch,
  wordsOf,
  wordsPerEpoch,
} from "../../src/train/batch";
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
      words += wordsOf(examples, plan, settings).finished;
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

test("words are counted exactly: the shares of one document over four rows are all of its words", () => {
  const document = [{ ids: new Array<number>(14).fill(5), lossFrom: 1, source: "a", words: 9 }]; // 13 inputs
  const settings: BatchSettings = { packing: "stream", batchSize: 1, sequenceLength: 4, maxMicroBatchTokens: 64 };
  const words = [...planEpoch(document, settings, Rng.fromSeed(7))].map((plan) => wordsOf(document, plan, settings));
  assert.deepEqual(words, [
    { finished: 0, begun: (9 * 4) / 13 },
    { finished: 0, begun: (9 * 8) / 13 },
    { finished: 0, begun: (9 * 12) / 13 },
    { finished: 9, begun: 0 },
  ]);
  let drifting = 0;
  for (const share of [4, 4, 4, 1]) drifting += (9 * share) / 13;
  assert.ok(drifting < 9, "a sum of the four shares falls short of the nine words");
});

test("the words of an epoch are the same whole number in any order, cut examples by the share that is left", () => {
  const rng = Rng.fromSeed("words");
  const texts = Array.from({ length: 300 }, (_, i) => ({
    ids: new Array<number>(1 + rng.int(60)).fill(4),
    lossFrom: 1,
    source: "a",
    words: rng.int(40) + (i % 3),
  }));
  for (const packing of ["stream", "examples"] as const) {
    for (const sequenceLength of [7, 16, 23]) {
      const settings: BatchSettings = { packing, batchSize: 3, sequenceLength, maxMicroBatchTokens: 64 };
      const want = texts.reduce((sum, { ids, words }) => {
        const inputs = ids.length - 1;
        if (inputs === 0) return sum; // nothing to predict, so it is never read
        const kept = packing === "stream" ? inputs : Math.min(inputs, sequenceLength);
        return sum + Math.round((words * kept) / inputs);
      }, 0);
      assert.equal(wordsPerEpoch(texts, settings), want);
      for (const epoch of [0, 1]) {
        let finished = 0;
        let begun = 0;
        for (const plan of planEpoch(texts, settings, Rng.fromSeed(epoch))) {
          const words = wordsOf(texts, plan, settings);
          finished += words.finished;
          begun = words.begun;
        }
        assert.deepEqual([finished, begun], [want, 0]);
      }
    }
  }
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
