/** @file Comparison with the reference, shared by the tests of the tokenizer: every way to encode must agree with it. */

import assert from "node:assert/strict";
import type { Tokenizer } from "../../src/tokenizer/tokenizer";

/** What the reference gives for one text; a null is not compared. */
export interface ReferenceEncoding {
  ids: number[];
  offsets: number[][];
  idsWithoutSpecial: number[] | null;
  decoded: string | null;
  decodedWithoutSpecial: string | null;
}

export function assertEncodesAs(tokenizer: Tokenizer, text: string, want: ReferenceEncoding, where: string): void {
  const what = `${where}: ${JSON.stringify(text.slice(0, 60))}`;
  const encoding = tokenizer.encode(text);
  assert.deepEqual(encoding.ids, want.ids, `${what}: ids`);
  assert.deepEqual(encoding.offsets, want.offsets, `${what}: offsets`);
  assert.deepEqual(tokenizer.encodeIds(text), want.ids, `${what}: encodeIds`);
  if (want.idsWithoutSpecial !== null) {
    const plain = { addSpecialTokens: false };
    assert.deepEqual(tokenizer.encode(text, plain).ids, want.idsWithoutSpecial, `${what}: ids without special tokens`);
    assert.deepEqual(tokenizer.encodeIds(text, plain), want.idsWithoutSpecial, `${what}: encodeIds, no special tokens`);
  }
  if (want.decoded !== null) assert.equal(tokenizer.decode(want.ids), want.decoded, `${what}: decoded`);
  if (want.decodedWithoutSpecial !== null) {
    const text = tokenizer.decode(want.ids, { skipSpecialTokens: true });
    assert.equal(text, want.decodedWithoutSpecial, `${what}: decoded without special tokens`);
  }
}

/** `[1, 2, 3, 4]` as `[[1, 2], [3, 4]]`. */
export function pairsOf(flat: readonly number[]): number[][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}
