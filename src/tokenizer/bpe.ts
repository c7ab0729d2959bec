/**
 * @file BPE encoding: a word to token ids by the learned merges.
 *
 * The adjacent pair of lowest rank merges first (the leftmost of equals), until no adjacent pair has a merge, as in the BPE
 * model of Hugging Face's tokenizers, with its options byte_fallback, fuse_unk and ignore_merges. Not supported and
 * refused where the file is read: dropout, continuing_subword_prefix, end_of_word_suffix.
 */

import { CHAR_TO_BYTE, spellBytes } from "./byte-alphabet";
import { malformed } from "./json-part";
import { PairMap } from "./pair-map";
import { BYTE_TOKENS } from "./sentence-piece";

export interface BpeOptions {
  unkToken: string | null;
  fuseUnk: boolean;
  byteFallback: boolean;
  /** A word that is in the vocabulary becomes that token without applying merges (Llama 3). */
  ignoreMerges: boolean;
}

/** The tokens of one word; token `i` covers `lengths[i]` UTF-8 bytes of it. */
export interface WordTokens {
  ids: number[];
  lengths: number[];
}

const NO_MERGE = 0x7fffffff;
const LONG_WORD = 200; // symbols; from this length a heap is faster than a linear scan

/** The vocabulary and merges of a BPE tokenizer. */
export class BpeModel {
  readonly vocab: ReadonlyMap<string, number>;
  /** Spelling by id; undefined in gaps. */
  readonly tokens: readonly (string | undefined)[];
  private readonly options: BpeOptions;
  private readonly ranks: PairMap; //       (left, right) -> rank
  private readonly merged: Int32Array; //   id that the merge of this rank makes
  private readonly unk: number | null;
  private readonly idOfByte: Int32Array | null;
  private readonly fallbackIds: Int32Array | null;

  /** @throws Error if a merge or the unknown token names a token that the vocabulary lacks */
  constructor(vocab: ReadonlyMap<string, number>, merges: readonly (readonly [string, string])[], options: BpeOptions) {
    this.vocab = vocab;
    const tokens: (string | undefined)[] = [];
    for (const [token, id] of vocab) tokens[id] = token;
    this.tokens = tokens;
    this.options = options;
    const idOf = (token: string, rank: number): number => {
      const id = vocab.get(token);
      if (id === undefined)
        return malformed(`merge ${rank} needs the token ${JSON.stringify(token)}, not in the vocabulary`);
      return id;
    };
    this.ranks = new PairMap(merges.length);
    this.merged = new Int32Array(merges.length);
    merges.forEach(([left, right], rank) => {
      this.ranks.set(idOf(left, rank), idOf(right, rank), rank);
      this.merged[rank] = idOf(left + right, rank);
    });
    this.unk = options.unkToken === null ? null : (vocab.get(options.unkToken) ?? null);
    if (options.unkToken !== null && this.unk === null) {
      malformed(`the unknown token ${JSON.stringify(options.unkToken)} is not in the vocabulary`);
    }
    this.idOfByte = allIds(vocab, [...CHAR_TO_BYTE.keys()], (char) => CHAR_TO_BYTE.get(char)!);
    this.fallbackIds = options.byteFallback ? Int32Array.from(BYTE_TOKENS, (name) => vocab.get(name) ?? -1) : null;
  }

  /** Whether every byte has a token, so that every text can be encoded without an unknown token. */
  get spellsEveryByte(): boolean {
    return this.idOfByte !== null;
  }

  /** Encode a word given as plain text through its byte characters. Requires `spellsEveryByte`. */
  encodeText(word: string): WordTokens {
    if (this.options.ignoreMerges) {
      const spelt = spellBytes(word);
      const id = this.vocab.get(spelt);
      if (id !== undefined) return { ids: [id], lengths: [spelt.length] };
    }
    const ids: number[] = [];
    for (const byte of Buffer.from(word, "utf8")) ids.push(this.idOfByte![byte]);
    return this.merge({ ids, lengths: new Array(ids.length).fill(1) });
  }

  /** Encode a word given in the characters of the vocabulary. Missing characters fall back to bytes or the unknown token. */
  encodeChars(chars: readonly string[]): WordTokens {
    if (this.options.ignoreMerges) {
      const word = chars.join("");
      const id = this.vocab.get(word);
      if (id !== undefined) return { ids: [id], lengths: [Buffer.byteLength(word, "utf8")] };
    }
    const ids: number[] = [];
    const lengths: number[] = [];
    let unknownLength = 0; // bytes of the pending unknown token
    const endUnknown = () => {
      if (unknownLength > 0) {
        ids.push(this.unk!);
        lengths.push(unknownLength);
      }
      unknownLength = 0;
    };
    for (const char of chars) {
      const id = this.vocab.get(char);
      const length = utf8Length(char);
      if (id !== undefined) {
        endUnknown();
        ids.push(id);
        lengths.push(length);
        continue;
      }
      const bytes = this.fallbackIds === null ? null : Buffer.from(char, "utf8");
      if (bytes?.every((byte) => this.fallbackIds![byte] >= 0)) {
        // [reference] a pending unknown token comes after the bytes, not before
        for (const byte of bytes) {
          ids.push(this.fallbackIds![byte]);
          lengths.push(1);
        }
      } else if (this.unk !== null) {
        if (!this.options.fuseUnk) endUnknown();
        unknownLength += length;
      } // [reference] without an unknown token the character is dropped
    }
    endUnknown();
    return this.merge({ ids, lengths });
  }

  private merge(word: WordTokens): WordTokens {
    return word.ids.length < LONG_WORD ? this.mergeByScan(word) : this.mergeByHeap(word);
  }

  private rank(left: number, right: number): number {
    const rank = this.ranks.get(left, right);
    return rank < 0 ? NO_MERGE : rank;
  }

  /** Merge by linear scans for the lowest rank. Changes the word in place. */
  mergeByScan(word: WordTokens): WordTokens {
    const { ids, lengths } = word;
    const ranks: number[] = []; // of (ids[i], ids[i + 1])
    for (let i = 0; i + 1 < ids.length; i++) ranks.push(this.rank(ids[i], ids[i + 1]));
    for (;;) {
      let best = NO_MERGE;
      let at = -1;
      for (let i = 0; i < ranks.length; i++) {
        if (ranks[i] < best) {
          best = ranks[i];
          at = i;
        }
      }
      if (at < 0) return word;
      ids[at] = this.merged[best];
      lengths[at] += lengths[at + 1];
      ids.splice(at + 1, 1);
      lengths.splice(at + 1, 1);
      ranks.splice(at, 1);
      if (at > 0) ranks[at - 1] = this.rank(ids[at - 1], ids[at]);
      if (at < ranks.length) ranks[at] = this.rank(ids[at], ids[at + 1]);
    }
  }

  /** Merge in O(n log n) with a heap and linked symbols, for very long words. */
  mergeByHeap(word: WordTokens): WordTokens {
    const n = word.ids.length;
    const ids = Int32Array.from(word.ids);
    const lengths = Int32Array.from(word.lengths); // 0 = merged into the one before
    const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
    const next = Int32Array.from({ length: n }, (_, i) => (i + 1 < n ? i + 1 : -1));
    const queue = new RankHeap();
    const offer = (i: number) => {
      if (i < 0 || next[i] < 0) return;
      const rank = this.rank(ids[i], ids[next[i]]);
      if (rank !== NO_MERGE) queue.push(rank, i);
    };
    for (let i = 0; i + 1 < n; i++) offer(i);
    while (queue.size > 0) {
      const rank = queue.topRank;
      const i = queue.popPosition();
      if (lengths[i] === 0 || next[i] < 0 || this.rank(ids[i], ids[next[i]]) !== rank) continue; // no longer there
      const gone = next[i];
      ids[i] = this.merged[rank];
      lengths[i] += lengths[gone];
      lengths[gone] = 0;
      next[i] = next[gone];
      if (next[i] >= 0) previous[next[i]] = i;
      offer(previous[i]);
      offer(i);
    }
    const out: WordTokens = { ids: [], lengths: [] };
    for (let i = 0; i >= 0 && i < n; i = next[i]) {
      out.ids.push(ids[i]);
      out.lengths.push(lengths[i]);
    }
    return out;
  }
}

/** Binary heap of (rank, position), smallest first. One float64 holds both: rank * 2^31 + position is exact. */
class RankHeap {
  private readonly keys: number[] = [];

  get size(): number {
    return this.keys.length;
  }

  get topRank(): number {
    return Math.floor(this.keys[0] / 2147483648);
  }

  push(rank: number, position: number): void {
    const { keys } = this;
    const key = rank * 2147483648 + position;
    let i = keys.length;
    keys.push(key);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent] <= key) break;
      keys[i] = keys[parent];
      i = parent;
    }
    keys[i] = key;
  }

  popPosition(): number {
    const { keys } = this;
    const top = keys[0];
    const moved = keys.pop()!;
    if (keys.length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= keys.length) break;
        if (child + 1 < keys.length && keys[child + 1] < keys[child]) child++;
        if (keys[child] >= moved) break;
        keys[i] = keys[child];
        i = child;
      }
      keys[i] = moved;
    }
    return top % 2147483648;
  }
}

/** Ids by number, or null if one is missing. */
function allIds(vocab: ReadonlyMap<string, number>, names: readonly string[], numberOf: (name: string) => number) {
  const ids = new Int32Array(256);
  for (const name of names) {
    const id = vocab.get(name);
    if (id === undefined) return null;
    ids[numberOf(name)] = id;
  }
  return ids;
}

/** UTF-8 bytes of one character. */
export function utf8Length(char: string): number {
  const code = char.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
