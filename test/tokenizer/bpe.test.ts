import assert from "node:assert/strict";
import { test } from "node:test";
import { BpeModel } from "../../src/tokenizer/bpe";
import { Rng } from "../../src/util/rng";

const OPTIONS = { unkToken: null, fuseUnk: false, byteFallback: false, ignoreMerges: false };

function model(tokens: string[], merges: [string, string][], options = {}): BpeModel {
  return new BpeModel(new Map(tokens.map((token, id) => [token, id])), merges, { ...OPTIONS, ...options });
}

test("The lowest rank merges first, not the longest token", () => {
  const bpe = model(
    ["a", "b", "c", "bc", "ab"],
    [
      ["b", "c"],
      ["a", "b"],
    ],
  );
  assert.deepEqual(bpe.encodeChars([..."abc"]), { ids: [0, 3], lengths: [1, 2] });
});

test("Of equal ranks the leftmost merges first", () => {
  const bpe = model(["a", "aa"], [["a", "a"]]);
  assert.deepEqual(bpe.encodeChars([..."aaaaa"]).ids, [1, 1, 0]);
});

test("The heap for long words merges as the scan does", () => {
  const tokens = [..."abcd"];
  const merges: [string, string][] = [];
  const rng = Rng.fromSeed("bpe");
  while (merges.length < 60) {
    const pair: [string, string] = [rng.pick(tokens), rng.pick(tokens)];
    if (tokens.includes(pair[0] + pair[1])) continue;
    merges.push(pair);
    tokens.push(pair[0] + pair[1]);
  }
  const bpe = model(tokens, merges);
  for (let i = 0; i < 200; i++) {
    const ids = Array.from({ length: rng.int(120) }, () => rng.int(4));
    const word = () => ({ ids: [...ids], lengths: ids.map(() => 1) });
    assert.deepEqual(bpe.mergeByHeap(word()), bpe.mergeByScan(word()));
  }
});

test("A character outside the vocabulary: unknown token, fused or not, bytes, or nothing", () => {
  const tokens = ["<unk>", "a", "<0xC3>", "<0xA9>"];
  assert.deepEqual(model(tokens, [], { unkToken: "<unk>" }).encodeChars([..."aéé"]), {
    ids: [1, 0, 0],
    lengths: [1, 2, 2],
  });
  assert.deepEqual(model(tokens, [], { unkToken: "<unk>", fuseUnk: true }).encodeChars([..."aéé"]), {
    ids: [1, 0],
    lengths: [1, 4],
  });
  assert.deepEqual(model(tokens, [], { unkToken: "<unk>", byteFallback: true }).encodeChars([..."éü"]).ids, [2, 3, 0]);
  assert.deepEqual(model(tokens, []).encodeChars([..."aé"]).ids, [1]);
});

test("ignore_merges takes a word that is a token as it is", () => {
  const tokens = ["a", "b", "c", "ab", "bc", "abc"];
  const merges: [string, string][] = [
    ["b", "c"],
    ["a", "b"],
  ];
  assert.deepEqual(model(tokens, merges).encodeChars([..."abc"]).ids, [0, 4]);
  assert.deepEqual(model(tokens, merges, { ignoreMerges: true }).encodeChars([..."abc"]), { ids: [5], lengths: [3] });
});

test("A merge or an unknown token that the vocabulary lacks is an error that names it", () => {
  assert.throws(() => model(["a", "b"], [["a", "b"]]), /merge 0 needs the token "ab"/);
  assert.throws(() => model(["a"], [], { unkToken: "?" }), /the unknown token "\?" is not in the vocabulary/);
});
