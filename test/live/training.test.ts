/** The training of the live page, in Node: the loss falls, the answer is in parts, and two runs are the same. */

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { sampleLesson } from "../../src/cli/commands/report";
import { rightPairs } from "../../src/live/surprisal";
import { LiveTraining } from "../../src/live/training";
import { initBackend } from "../../src/tensor";
import { trainBpe } from "../../src/tokenizer/bpe-train";

const lesson = sampleLesson();
const documents = lesson.documents.slice(0, 120);
const tokenizer = trainBpe(documents, { vocabSize: 512 });

before(async () => {
  process.env.CLASS_IT_QUIET = "1";
  await initBackend();
});

test("the lesson has text of the sample world and pairs of every paradigm", () => {
  assert.ok(lesson.documents.join("").length > 300_000);
  assert.equal(lesson.pairs.length, 20 * 20);
  assert.equal(new Set(lesson.pairs.map(({ paradigm }) => paradigm)).size, 20);
});

test("the first loss is near that of a uniform guess, later ones below that of the tokens' frequencies", async () => {
  const training = new LiveTraining(tokenizer, documents, "small");
  const first = await training.advance(0);
  assert.equal(first.step, 1);
  assert.equal(first.losses.length, 1);
  assert.ok(Math.abs(first.losses[0] - Math.log(tokenizer.vocabSize)) < 0.1, `${first.losses[0]}`);
  let last = first;
  while (last.step < last.totalSteps) last = await training.advance(300);
  assert.ok(
    last.losses[last.losses.length - 1] < unigramEntropy(),
    `${last.losses} nats, want below ${unigramEntropy()}`,
  );
  assert.equal((await training.advance(300)).losses.length, 0);
  const rights = await rightPairs(training.scorer, tokenizer, lesson.pairs.slice(0, 10));
  assert.ok(rights.every((right) => [0, 0.5, 1].includes(right)));
  training.dispose();
});

test("two runs of the larger model have the same losses; it has the parameters that the layout gives", async () => {
  const run = async () => {
    const training = new LiveTraining(tokenizer, documents.slice(0, 12), "large");
    const { losses, parameters } = await training.advance(0);
    losses.push(...(await training.advance(0)).losses);
    training.dispose();
    return { losses, parameters };
  };
  const [one, other] = [await run(), await run()];
  assert.deepEqual(one, other);
  const [V, C, F, L] = [tokenizer.vocabSize, 128, 384, 3];
  assert.equal(one.parameters, V * C + L * (4 * C * C + 3 * C * F + 2 * C) + C);
});

/** Of the training text's tokens, in nats: the least loss of a model that knows no context. */
function unigramEntropy(): number {
  const counts = new Map<number, number>();
  let total = 0;
  for (const text of documents) {
    for (const id of tokenizer.encodeIds(text)) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      total++;
    }
  }
  return [...counts.values()].reduce((sum, n) => sum - (n / total) * Math.log(n / total), 0);
}
