import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { ScoredSequence } from "../../src/model/language-model";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { packTrees, positionOf, sharePrefixes } from "../../src/model/shared-prefixes";
import { initBackend } from "../../src/tensor";
import { Rng } from "../../src/util/rng";
import { assertAllClose } from "../support/close";
import { tinyModel } from "../train/support/tiny-stage";

before(async () => {
  await initBackend();
});

/** Texts that begin alike, fork, fork again, are prefixes of one another and come several times. */
function forkedSequences(count: number, seed: string): number[][] {
  const rng = Rng.fromSeed(seed);
  const word = () => 4 + rng.int(20);
  const stories = Array.from({ length: 3 }, () => Array.from({ length: 12 }, word));
  const made: number[][] = [];
  while (made.length < count) {
    const known = made.length > 3 && rng.chance(0.4);
    const base = known ? rng.pick(made) : rng.pick(stories);
    const kept = base.slice(0, 1 + rng.int(base.length));
    made.push(rng.chance(0.3) ? [...base] : [...kept, ...Array.from({ length: rng.int(6) }, word)]);
  }
  return made;
}

test("the positions of a branch hold its own text, and see exactly that", () => {
  const sequences = forkedSequences(60, "layout");
  for (const maxSize of [8, 40, 1000]) {
    const found = new Set<number>();
    for (const { batch, trees } of packTrees(sharePrefixes(sequences, maxSize), sequences, 256)) {
      for (const { tree, row, column } of trees) {
        for (const branch of tree.branches) {
          found.add(branch.sequence);
          const ids = sequences[branch.sequence];
          for (let t = 0; t < ids.length; t++) {
            const position = row * batch.T + column + positionOf(branch, t);
            const { contextStart, contextEnd, branchStart } = batch.mask;
            const seen: number[] = [];
            for (let i = contextStart[position]; i < contextEnd[position]; i++)
              seen.push(batch.inputIds[row * batch.T + i]);
            const own = position - row * batch.T;
            for (let i = branchStart[position]; i <= own; i++) seen.push(batch.inputIds[row * batch.T + i]);
            assert.deepEqual(seen, ids.slice(0, t + 1));
            assert.equal(batch.positionIds[position], t);
          }
        }
      }
    }
    assert.equal(found.size, sequences.length);
  }
});

test("what was computed is not computed again: repeats and beginnings take no positions, wherever they lie", () => {
  const question = [1, 2, 3, 4, 5];
  const answers = [[9, 9], [8, 8, 8], [7]].map((a) => [...question, ...a]);
  const once = sharePrefixes(answers, 1000);
  assert.deepEqual(
    once.map((tree) => tree.size),
    [5 + 2 + 3 + 1],
  );
  const repeated = sharePrefixes([...answers, ...answers, answers[1].slice(0, 7), question], 1000);
  assert.deepEqual(
    repeated.map((tree) => [tree.size, tree.branches.length]),
    [[5 + 2 + 3 + 1, 8]],
  );
  const long = Array.from({ length: 30 }, (_, i) => i);
  assert.equal(sharePrefixes([long, long, long.slice(0, 20)], 10).length, 1); // larger than a tree may be
});

test("equal sequences get exactly the same numbers, and no score depends on other sequences", async () => {
  const llama = tinyModel();
  const requests: ScoredSequence[] = forkedSequences(80, "scores")
    .filter((ids) => ids.length > 1)
    .map((ids, i) => ({ ids, from: 1 + (i % (ids.length - 1)) }));
  const alone: Float32Array[] = [];
  for (const request of requests) {
    alone.push((await new LlamaLanguageModel(llama).score([request]))[0]);
  }
  for (const tokensPerBatch of [16, 64, 8192]) {
    const model = new LlamaLanguageModel(llama, { tokensPerBatch });
    const order = Rng.fromSeed(tokensPerBatch).shuffled(requests.map((_, i) => i));
    const scores = await model.score(order.map((i) => requests[i]));
    const known = new Map<string, number>();
    for (const [n, i] of order.entries()) {
      assertAllClose(scores[n], alone[i], { atol: 1e-5, rtol: 0 }, `sequence ${i} among ${tokensPerBatch} positions`);
      const { ids, from } = requests[i];
      for (let t = from; t < ids.length; t++) {
        const text = Array.from(ids)
          .slice(0, t + 1)
          .join(" ");
        const value = scores[n][t - from];
        const whole = `${Array.from(ids).join(" ")} at ${t}`;
        assert.ok(Object.is(known.get(whole) ?? value, value), `${text}: ${known.get(whole)} and ${value}`);
        known.set(whole, value);
      }
    }
  }
  llama.dispose();
});
