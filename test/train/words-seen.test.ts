import assert from "node:assert/strict";
import { test } from "node:test";
import { trackCheckpoints } from "../../src/eval/checkpoints";
import { type BatchSettings, planEpoch } from "../../src/train/batch";
import { checkpointName, checkpointWords, wordsOfUpdate, wordsPerEpoch } from "../../src/train/words-seen";
import { Rng } from "../../src/util/rng";

test("words are counted exactly: the shares of one document over four rows are all of its words", () => {
  const document = [{ ids: new Array<number>(14).fill(5), lossFrom: 1, source: "a", words: 9 }]; // 13 inputs
  const settings: BatchSettings = { packing: "stream", batchSize: 1, sequenceLength: 4, maxMicroBatchTokens: 64 };
  const words = [...planEpoch(document, settings, Rng.fromSeed(7))].map((plan) =>
    wordsOfUpdate(document, plan, settings),
  );
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
          const words = wordsOfUpdate(texts, plan, settings);
          finished += words.finished;
          begun = words.begun;
        }
        assert.deepEqual([finished, begun], [want, 0]);
      }
    }
  }
});

test("checkpoints follow the BabyLM schedule under the pipeline's names; a short training has it scaled", () => {
  const words = checkpointWords(1_000_000_000);
  const millions = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90].concat([
    100, 200, 300, 400, 500, 600, 700, 800, 900, 1000,
  ]);
  assert.deepEqual(
    words,
    millions.map((m) => m * 1e6),
  );
  assert.deepEqual(words.map(checkpointName), trackCheckpoints("strict"));
  assert.deepEqual(checkpointWords(655_200_000).map(checkpointName), trackCheckpoints("strict").slice(0, 24)); // to 600M
  assert.deepEqual(checkpointWords(24_924_772, "every-million").map(checkpointName), [
    ...Array.from({ length: 24 }, (_, i) => `chck_${i + 1}M`),
  ]);
  const scaled = checkpointWords(2_160_000); // the sample world's eight epochs
  assert.deepEqual([scaled.length, scaled[0], scaled[27]], [28, 2_160, 2_160_000]);
  assert.equal(checkpointName(2_160), "chck_2.160K");
  assert.equal(checkpointName(2_160_000), "chck_2.160M");
});
