import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ScoredSequence } from "../../src/model/language-model";
import { Llama } from "../../src/model/llama";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { forestBatches } from "../../src/model/prefix-forest";
import { hasTreeAttention, initBackend } from "../../src/tensor";
import { nativeMemory } from "../../src/tensor/native/register";
import { Rng } from "../../src/util/rng";
import { randomConfig } from "./support/random-config";

let skip: string | false = false;

before(async () => {
  const { name } = await initBackend();
  if (!hasTreeAttention()) skip = `the ${name} backend has no treeAttention`;
});
after(() => nativeMemory()?.configure("best", 0));

/** Texts that begin alike, fork, fork again, are prefixes of one another and come several times. */
function forkedSequences(count: number, vocabulary: number, longest: number, rng: Rng): number[][] {
  const made: number[][] = [];
  const word = () => rng.int(vocabulary);
  while (made.length < count) {
    const base = made.length > 0 && rng.chance(0.7) ? rng.pick(made) : [];
    const kept = base.slice(0, rng.int(base.length + 1));
    made.push(rng.chance(0.2) && base.length > 1 ? [...base] : [...kept, word(), word(), ...drawn(rng, longest, word)]);
  }
  return made;
}

function drawn(rng: Rng, longest: number, word: () => number): number[] {
  return Array.from({ length: rng.int(rng.chance(0.2) ? longest : 8) }, word);
}

test("each distinct beginning has one position, which sees its own text", () => {
  for (const budget of [1, 7, 40, 1000, 100_000]) {
    const sequences = forkedSequences(80, 12, 60, Rng.fromSeed(`layout ${budget}`));
    const found = new Set<number>();
    let size = 0;
    for (const { forest, members } of forestBatches(sequences, budget)) {
      size += forest.inputIds.length;
      const longest = Math.max(...members.map(({ positions }) => positions.length));
      assert.ok(forest.inputIds.length <= Math.max(budget, longest), `${forest.inputIds.length} of ${budget}`);
      for (const { sequence, positions } of members) {
        found.add(sequence);
        assert.equal(positions.length, sequences[sequence].length);
        for (const [t, position] of positions.entries()) {
          assert.equal(forest.positionIds[position], t);
          assert.deepEqual(textAt(forest.inputIds, forest.positionIds, position), sequences[sequence].slice(0, t + 1));
        }
      }
    }
    assert.equal(found.size, sequences.length);
    const beginnings = new Set(sequences.flatMap((ids) => ids.map((_, t) => ids.slice(0, t + 1).join(" "))));
    if (budget === 100_000) assert.equal(size, beginnings.size);
    else assert.ok(size >= beginnings.size);
  }
});

/** As `treeAttention` defines it: at each depth up to its own, the latest token. */
function textAt(ids: Int32Array, depths: Int32Array, position: number): number[] {
  const text: number[] = [];
  for (let i = position, depth = depths[position]; depth >= 0; i--) {
    if (depths[i] === depth) text[depth--] = ids[i];
  }
  return text;
}

test("scores are the same bytes for every batch size, order, number of threads and instruction set", async (t) => {
  if (skip) return t.skip(skip);
  const rng = Rng.fromSeed("exact");
  const settings = (nativeMemory()?.instructionSets() ?? ["best"]).flatMap((set) =>
    (set === "scalar" ? [2] : [1, 2, 3]).map((threads) => ({ set, threads })),
  );
  for (let round = 0; round < 4; round++) {
    const config = randomConfig(rng);
    const llama = Llama.init(config, rng.fork(`weights ${round}`));
    const asked = forkedSequences(25, config.vocabSize, 90, rng).map(
      (ids): ScoredSequence => ({ ids, from: 1 + rng.int(ids.length - 1) }),
    );
    const alone: Float32Array[] = [];
    for (const sequence of asked) alone.push((await new LlamaLanguageModel(llama).score([sequence]))[0]);
    for (const { set, threads } of settings) {
      nativeMemory()?.configure(set, threads);
      const tokensPerBatch = rng.pick([1, 5, 33, 200, 8192]);
      const order = rng.shuffled(asked.map((_, i) => i));
      const model = new LlamaLanguageModel(llama, { tokensPerBatch, layout: "forest" });
      const scores = await model.score(order.map((i) => asked[i]));
      for (const [n, i] of order.entries()) {
        assert.ok(
          Buffer.from(scores[n].buffer).equals(Buffer.from(alone[i].buffer)),
          `round ${round}, ${set} with ${threads} threads, ${tokensPerBatch} tokens per batch: sequence ${i} differs`,
        );
      }
    }
    llama.dispose();
  }
});
