/**
 * @file Byte-pair encoding: learning the merges from text.
 *
 * Gives the same vocabulary, merges and ids as the `BpeTrainer` of Hugging Face's tokenizers 0.23 with a ByteLevel
 * pre-tokenizer (no prefix space), its full alphabet of 256 byte characters and the special tokens first. The rules that
 * decide between equals are theirs: the largest count first, then the smaller (left id, right id); overlapping pairs
 * count each time ("aaa" holds "aa" twice); a pair is counted once for every occurrence of its word.
 *
 * Leaves out what we never use: dropout, prefixes and suffixes of words, limits on the alphabet and on token length.
 * Sennrich et al. 2016, https://aclanthology.org/P16-1162.
 */

import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import { decodeUtf8 } from "../util/text-file";
import { BYTE_TO_CHAR } from "./byte-alphabet";
import { jinjaChatTemplate } from "./chat-template";
import { byteLevelJson } from "./hugging-face-json";
import { PairMap } from "./pair-map";
import { SPECIAL_TOKENS } from "./special-tokens";
import { Tokenizer } from "./tokenizer";
import { wordEnd } from "./word-scanner";
import { grown, WordTable } from "./word-table";

export interface BpeTrainOptions {
  /** Tokens in the finished vocabulary, specials and the 256 bytes included; fewer if the text runs out of pairs. */
  vocabSize: number;
  /** A pair must occur this often to be merged; default 2, as in the reference. */
  minFrequency?: number;
  /** Ids 0, 1, ... in this order; default `<s> </s> <unk> <pad>`. */
  specialTokens?: readonly string[];
  onProgress?: (tokens: number, vocabSize: number) => void;
}

/** Learn a tokenizer from texts. A text is one stretch: no word spans two; a line should carry its newline. */
export function trainBpe(texts: Iterable<string>, options: BpeTrainOptions): Tokenizer {
  const counter = new WordCounter();
  for (const text of texts) counter.add(text);
  return trainBpeFromCounts(counter, options);
}

/** The same from files of any size, line by line (each with its newline), reading a few megabytes at a time. */
export function trainBpeFromFiles(files: readonly string[], options: BpeTrainOptions): Tokenizer {
  const counter = new WordCounter();
  for (const file of files) counter.addFile(file);
  return trainBpeFromCounts(counter, options);
}

export function trainBpeFromCounts(counter: WordCounter, options: BpeTrainOptions): Tokenizer {
  const { vocabSize, minFrequency = 2, specialTokens = SPECIAL_TOKENS } = options;
  const smallest = specialTokens.length + 256;
  if (!Number.isInteger(vocabSize) || vocabSize < smallest) {
    throw new Error(
      `trainBpe: vocabSize is ${vocabSize}, want an integer of at least ${smallest} ` +
        `(${specialTokens.length} special tokens and 256 bytes)`,
    );
  }
  if (!(minFrequency >= 0)) throw new Error(`trainBpe: minFrequency is ${minFrequency}, want 0 or more`);
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes("")) {
    throw new Error(`trainBpe: special tokens must be distinct and not empty, got ${JSON.stringify(specialTokens)}`);
  }
  const learned = learnMerges(counter, vocabSize, minFrequency, specialTokens, options.onProgress);
  const hasEnds = specialTokens.includes("<s>") && specialTokens.includes("</s>");
  return Tokenizer.fromJson(
    byteLevelJson(learned.tokens, learned.merges, specialTokens),
    {},
    hasEnds ? { chat_template: jinjaChatTemplate() } : {},
  );
}

/** How often each word (of GPT-2's pattern) occurs. */
export class WordCounter {
  readonly words = new WordTable();
  counts = new Float64Array(1 << 11); // by word number

  /** Count the words of `text[start, end)`. */
  add(text: string, start = 0, end = text.length): void {
    for (let i = start; i < end; ) {
      const next = wordEnd(text, i, end);
      const word = this.words.findOrAdd(text, i, next);
      if (word >= this.counts.length) this.counts = grown(this.counts, this.counts.length * 2, Float64Array);
      this.counts[word]++;
      i = next;
    }
  }

  /** Count a file's lines, each with its newline; a byte-order mark is dropped. @throws Error if it is not UTF-8 */
  addFile(file: string, onProgress?: (bytes: number) => void): void {
    const fd = fs.openSync(file, "r");
    try {
      const chunk = Buffer.allocUnsafe(4 << 20);
      let carry: Buffer[] = []; // the start of a line that goes on in the next chunk
      let first = true;
      let bytesRead = 0;
      const count = (bytes: Buffer) => {
        if (!isUtf8(bytes)) decodeUtf8(bytes, file); // throws and says where
        const text = bytes.toString("utf8");
        this.addLines(first && text.startsWith("\ufeff") ? text.slice(1) : text);
        first = false;
      };
      for (;;) {
        const size = fs.readSync(fd, chunk, 0, chunk.length, null);
        if (size === 0) break;
        const read = chunk.subarray(0, size);
        bytesRead += size;
        onProgress?.(bytesRead);
        const whole = read.lastIndexOf(10) + 1;
        if (whole > 0) {
          count(Buffer.concat([...carry, read.subarray(0, whole)]));
          carry = [];
        }
        if (whole < size) carry.push(Buffer.from(read.subarray(whole)));
      }
      if (carry.length > 0) count(Buffer.concat(carry));
    } finally {
      fs.closeSync(fd);
    }
  }

  private addLines(text: string): void {
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline + 1;
      this.add(text, start, end);
      start = end;
    }
  }
}

interface Learned {
  /** Every token's spelling, by id. */
  tokens: string[];
  /** Spellings of the two parts, by rank. */
  merges: [string, string][];
}

function learnMerges(
  counter: WordCounter,
  vocabSize: number,
  minFrequency: number,
  specialTokens: readonly string[],
  onProgress?: (tokens: number, vocabSize: number) => void,
): Learned {
  const tokens = [...specialTokens];
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  for (const char of [...BYTE_TO_CHAR].sort()) {
    if (idOf.has(char)) continue;
    idOf.set(char, tokens.length);
    tokens.push(char);
  }
  const words = spellWords(counter, idOf);
  const queue = new MergeQueue(words);
  const rankOf = new Map<string, { rank: number; parts: [string, string] }>();

  for (let rank = 0; tokens.length < vocabSize; rank++) {
    const top = queue.pop(minFrequency);
    if (top === null) break;
    const parts: [string, string] = [tokens[top.left], tokens[top.right]];
    const spelling = parts[0] + parts[1];
    let id = idOf.get(spelling); // two pairs can spell one token: "ab" + "c" and "a" + "bc"
    if (id === undefined) {
      id = tokens.length;
      tokens.push(spelling);
      idOf.set(spelling, id);
    }
    // [reference] such a pair can come up a second time, for words that got it later; its later rank is the one kept
    rankOf.set(`${top.left} ${top.right}`, { rank, parts });
    queue.merge(top, id);
    if ((rank & 127) === 0) onProgress?.(tokens.length, vocabSize);
  }
  onProgress?.(tokens.length, vocabSize);
  const merges = [...rankOf.values()].sort((a, b) => a.rank - b.rank).map((m) => m.parts);
  return { tokens, merges };
}

/** The words as rows of token ids, end to end. */
interface Words {
  symbols: Int32Array; //  ids; a word's row shrinks in place as its pairs merge
  starts: Int32Array; //   [W + 1] into `symbols`, fixed
  lengths: Int32Array; //  [W] symbols now in the row
  counts: Float64Array; // [W]
}

function spellWords(counter: WordCounter, idOf: ReadonlyMap<string, number>): Words {
  const idOfByte = Int32Array.from(BYTE_TO_CHAR, (char) => idOf.get(char)!);
  const W = counter.words.size;
  const starts = new Int32Array(W + 1);
  let symbols = new Int32Array(1 << 16);
  for (let w = 0; w < W; w++) {
    const bytes = Buffer.from(counter.words.word(w), "utf8");
    const start = starts[w];
    if (start + bytes.length > symbols.length) {
      symbols = grown(symbols, Math.max(start + bytes.length, Math.ceil(symbols.length * 1.5)), Int32Array);
    }
    for (let i = 0; i < bytes.length; i++) symbols[start + i] = idOfByte[bytes[i]];
    starts[w + 1] = start + bytes.length;
  }
  const lengths = Int32Array.from({ length: W }, (_, w) => starts[w + 1] - starts[w]);
  return { symbols, starts, lengths, counts: counter.counts };
}

interface Candidate {
  left: number;
  right: number;
  /** Words in which to merge the pair: `places[from, to)`. */
  from: number;
  to: number;
}

/**
 * Pairs by count, with the words they occur in.
 *
 * A candidate's count is lowered lazily: one that comes to the top with an old count goes back with the new one. Counts
 * of a merged pair stay as they are, and each candidate keeps its own words; both as in the reference, where it matters
 * only for a pair that comes into being twice.
 */
class MergeQueue {
  private readonly words: Words;
  private readonly pairs = new PairMap(1 << 14); //  (left, right) -> pair number
  private pairCounts = new Float64Array(1 << 14); // by pair number
  // candidates, by number; a pair has one for each step in which it came into being
  private readonly lefts: number[] = [];
  private readonly rights: number[] = [];
  private readonly froms: number[] = [];
  private readonly tos: number[] = [];
  private readonly candidateCounts: number[] = [];
  private readonly candidatePairs: number[] = [];
  private readonly heap: number[] = []; //           candidate numbers, largest first
  private places = new Int32Array(1 << 16); //       words of all candidates, end to end
  private placesEnd = 0;
  // pairs that came into being in the running step
  private readonly born = new NewPairs();

  constructor(words: Words) {
    this.words = words;
    const { symbols, starts, lengths, counts } = words;
    for (let w = 0; w < lengths.length; w++) {
      const end = starts[w] + lengths[w] - 1;
      for (let i = starts[w]; i < end; i++) this.change(symbols[i], symbols[i + 1], counts[w], w);
    }
    this.enqueueBorn();
  }

  /** Take the pair to merge next, or null when none occurs `minFrequency` times. */
  pop(minFrequency: number): Candidate | null {
    while (this.heap.length > 0) {
      const top = this.heap[0];
      const count = this.pairCounts[this.candidatePairs[top]];
      if (this.candidateCounts[top] !== count) {
        this.candidateCounts[top] = count;
        this.siftDown(0);
        continue;
      }
      if (count < 1 || count < minFrequency) return null;
      const last = this.heap.pop()!;
      if (this.heap.length > 0) {
        this.heap[0] = last;
        this.siftDown(0);
      }
      return { left: this.lefts[top], right: this.rights[top], from: this.froms[top], to: this.tos[top] };
    }
    return null;
  }

  /** Replace the pair by `id` in the candidate's words and queue the pairs that this brings into being. */
  merge({ left, right, from, to }: Candidate, id: number): void {
    const { symbols, starts, lengths, counts } = this.words;
    for (let at = from; at < to; at++) {
      const w = this.places[at];
      const row = starts[w];
      const length = lengths[w];
      const count = counts[w];
      let kept = 0; // symbols of the rewritten row
      for (let i = 0; i < length; ) {
        if (symbols[row + i] !== left || i + 1 >= length || symbols[row + i + 1] !== right) {
          symbols[row + kept++] = symbols[row + i++];
          continue;
        }
        if (kept > 0) {
          const before = symbols[row + kept - 1];
          this.change(before, left, -count, w);
          this.change(before, id, count, w);
        }
        if (i + 2 < length) {
          const after = symbols[row + i + 2];
          this.change(right, after, -count, w);
          this.change(id, after, count, w);
        }
        symbols[row + kept++] = id;
        i += 2;
      }
      lengths[w] = kept;
    }
    this.enqueueBorn();
  }

  private change(left: number, right: number, by: number, word: number): void {
    let pair = this.pairs.get(left, right);
    if (pair < 0) {
      pair = this.pairs.size;
      this.pairs.set(left, right, pair);
      if (pair >= this.pairCounts.length) this.pairCounts = grown(this.pairCounts, pair * 2, Float64Array);
    }
    this.pairCounts[pair] += by;
    if (by > 0) this.born.add(pair, left, right, word);
  }

  private enqueueBorn(): void {
    const { born } = this;
    const need = this.placesEnd + born.occurrences;
    if (need > this.places.length) {
      this.places = grown(this.places, Math.max(need, Math.ceil(this.places.length * 1.5)), Int32Array);
    }
    const firsts = born.layOut(this.places, this.placesEnd);
    for (let k = 0; k < born.pairs.length; k++) {
      const count = this.pairCounts[born.pairs[k]];
      if (count <= 0) continue;
      const candidate = this.lefts.length;
      this.lefts.push(born.lefts[k]);
      this.rights.push(born.rights[k]);
      this.froms.push(firsts[k]);
      this.tos.push(firsts[k] + born.sizes[k]);
      this.candidateCounts.push(count);
      this.candidatePairs.push(born.pairs[k]);
      this.heap.push(candidate);
      this.siftUp(this.heap.length - 1);
    }
    this.placesEnd = need;
    born.clear();
  }

  private isBefore(a: number, b: number): boolean {
    if (this.candidateCounts[a] !== this.candidateCounts[b]) return this.candidateCounts[a] > this.candidateCounts[b];
    if (this.lefts[a] !== this.lefts[b]) return this.lefts[a] < this.lefts[b];
    return this.rights[a] < this.rights[b];
  }

  private siftUp(from: number): void {
    const { heap } = this;
    const moved = heap[from];
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.isBefore(moved, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = moved;
  }

  private siftDown(from: number): void {
    const { heap } = this;
    const moved = heap[from];
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.isBefore(heap[child + 1], heap[child])) child++;
      if (!this.isBefore(heap[child], moved)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = moved;
  }
}

/** The pairs that one step brings into being, and in which words. */
class NewPairs {
  readonly pairs: number[] = []; // pair numbers, in order of appearance; the arrays below run parallel
  readonly lefts: number[] = [];
  readonly rights: number[] = [];
  readonly sizes: number[] = []; // words of each pair
  private readonly lastWords: number[] = [];
  /** (pair, word) entries so far. */
  occurrences = 0;
  private indexOfPair = new Int32Array(1 << 14).fill(-1);
  private entryPairs = new Int32Array(1 << 14); // index into `pairs`
  private entryWords = new Int32Array(1 << 14);

  add(pair: number, left: number, right: number, word: number): void {
    if (pair >= this.indexOfPair.length) {
      const old = this.indexOfPair.length;
      this.indexOfPair = grown(this.indexOfPair, pair * 2, Int32Array);
      this.indexOfPair.fill(-1, old);
    }
    let k = this.indexOfPair[pair];
    if (k < 0) {
      k = this.pairs.length;
      this.indexOfPair[pair] = k;
      this.pairs.push(pair);
      this.lefts.push(left);
      this.rights.push(right);
      this.sizes.push(0);
      this.lastWords.push(-1);
    }
    if (this.lastWords[k] === word) return; // once a word is enough: merging rewrites the whole word
    this.lastWords[k] = word;
    this.sizes[k]++;
    if (this.occurrences === this.entryPairs.length) {
      const longer = Math.ceil(this.occurrences * 1.5);
      this.entryPairs = grown(this.entryPairs, longer, Int32Array);
      this.entryWords = grown(this.entryWords, longer, Int32Array);
    }
    this.entryPairs[this.occurrences] = k;
    this.entryWords[this.occurrences++] = word;
  }

  /** Write each pair's words together into `places`, from `start` on. @returns where each pair's words begin */
  layOut(places: Int32Array, start: number): number[] {
    const firsts: number[] = [];
    let at = start;
    for (const size of this.sizes) {
      firsts.push(at);
      at += size;
    }
    const next = firsts.slice();
    for (let i = 0; i < this.occurrences; i++) places[next[this.entryPairs[i]]++] = this.entryWords[i];
    return firsts;
  }

  clear(): void {
    for (const pair of this.pairs) this.indexOfPair[pair] = -1;
    this.pairs.length = this.lefts.length = this.rights.length = this.sizes.length = this.lastWords.length = 0;
    this.occurrences = 0;
  }
}
