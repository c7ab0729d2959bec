/** @file Priority queue of token pairs by count, with the words they occur in, for BPE training. */

import { PairMap } from "./pair-map";
import { grown } from "./word-table";

/** All words as rows of token ids in one array. */
export interface Words {
  symbols: Int32Array; //  ids; a word's row shrinks in place as its pairs merge
  starts: Int32Array; //   [W + 1] into `symbols`, fixed
  lengths: Int32Array; //  [W] symbols now in the row
  counts: Float64Array; // [W]
}

export interface Candidate {
  left: number;
  right: number;
  /** Words in which to merge the pair: `places[from, to)`. */
  from: number;
  to: number;
}

/**
 * Pairs by count, with the words they occur in.
 *
 * Counts are updated lazily: a candidate that reaches the top with an outdated count is reinserted with the new one. Counts
 * of a merged pair are not reset, and each candidate keeps its own words, as in the reference; both matter only for a pair
 * that is created twice.
 */
export class MergeQueue {
  private readonly words: Words;
  private readonly pairs = new PairMap(1 << 14); //  (left, right) -> pair number
  private pairCounts = new Float64Array(1 << 14); // by pair number
  // candidates, by number; a pair has one for each step that created it
  private readonly lefts: number[] = [];
  private readonly rights: number[] = [];
  private readonly froms: number[] = [];
  private readonly tos: number[] = [];
  private readonly candidateCounts: number[] = [];
  private readonly candidatePairs: number[] = [];
  private readonly heap: number[] = []; //           candidate numbers, largest first
  private places = new Int32Array(1 << 16); //       words of all candidates, end to end
  private placesEnd = 0;
  // pairs created in the current step
  private readonly created = new NewPairs();

  constructor(words: Words) {
    this.words = words;
    const { symbols, starts, lengths, counts } = words;
    for (let w = 0; w < lengths.length; w++) {
      const end = starts[w] + lengths[w] - 1;
      for (let i = starts[w]; i < end; i++) this.change(symbols[i], symbols[i + 1], counts[w], w);
    }
    this.enqueueCreated();
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

  /** Replace the pair by `id` in the candidate's words and queue the pairs that this creates. */
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
    this.enqueueCreated();
  }

  private change(left: number, right: number, by: number, word: number): void {
    let pair = this.pairs.get(left, right);
    if (pair < 0) {
      pair = this.pairs.size;
      this.pairs.set(left, right, pair);
      if (pair >= this.pairCounts.length) this.pairCounts = grown(this.pairCounts, pair * 2, Float64Array);
    }
    this.pairCounts[pair] += by;
    if (by > 0) this.created.add(pair, left, right, word);
  }

  private enqueueCreated(): void {
    const { created } = this;
    const need = this.placesEnd + created.occurrences;
    if (need > this.places.length) {
      this.places = grown(this.places, Math.max(need, Math.ceil(this.places.length * 1.5)), Int32Array);
    }
    const firsts = created.layOut(this.places, this.placesEnd);
    for (let k = 0; k < created.pairs.length; k++) {
      const count = this.pairCounts[created.pairs[k]];
      if (count <= 0) continue;
      const candidate = this.lefts.length;
      this.lefts.push(created.lefts[k]);
      this.rights.push(created.rights[k]);
      this.froms.push(firsts[k]);
      this.tos.push(firsts[k] + created.sizes[k]);
      this.candidateCounts.push(count);
      this.candidatePairs.push(created.pairs[k]);
      this.heap.push(candidate);
      this.siftUp(this.heap.length - 1);
    }
    this.placesEnd = need;
    created.clear();
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

/** The pairs that one step creates, and the words they occur in. */
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
