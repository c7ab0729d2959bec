/**
 * @file Remove repeated passages from text that was joined from overlapping samples.
 *
 * A run of words is an overlap if the same run occurred before, it has at least 100 words, and the first occurrence ended
 * at least 1,000 words earlier [ours]. Shorter or closer repetitions occur naturally, for example in songs. Words are
 * compared without case, punctuation and speaker labels, so line breaks and spacing do not matter. A line is dropped if at
 * least 80 % of its words are overlaps.
 */

import { classSource } from "../util/unicode";

const GRAM_WORDS = 12; //     n-gram that is looked up
const OVERLAP_WORDS = 100; // shortest copy that is dropped
const DISTANT_WORDS = 1_000; // from the end of the first occurrence
const COPIED_SHARE = 0.8; //  of a line's words

export interface OverlapCounts {
  /** Number of copied passages. */
  passages: number;
  droppedLines: number;
  /** Words of the dropped lines, as `countWords` counts them. */
  droppedWords: number;
}

/** A line that waits until it is known whether its words are copies. */
interface Waiting {
  line: string;
  /** Number of its first word in the text, and of the word after its last. */
  from: number;
  to: number;
  copied: number;
}

/**
 * Stream the lines of a text without those that repeat a long passage. Headings and blank lines are kept.
 *
 * Memory: about 16 bytes per word for the table, and the lines of one passage.
 *
 * @param counts - filled while reading
 */
export function* withoutOverlaps(lines: Iterable<string>, counts: OverlapCounts): Generator<string> {
  const grams = new GramTable();
  const hashes = new Int32Array(GRAM_WORDS); // of the last words, as a ring buffer
  let words = 0; // so far
  let run = 0; //   grams in a row that occurred before
  let waiting: Waiting[] = [];

  /** Called when a run ends before word `end`: marks the words that it covers. */
  const endRun = (end: number) => {
    const length = run === 0 ? 0 : run + GRAM_WORDS - 1;
    run = 0;
    if (length < OVERLAP_WORDS) return;
    counts.passages++;
    for (const line of waiting) line.copied += overlap(line.from, line.to, end - length, end);
  };

  for (const line of lines) {
    const entry: Waiting = { line, from: words, to: words, copied: 0 };
    waiting.push(entry);
    for (const hash of wordHashes(line)) {
      hashes[words % GRAM_WORDS] = hash;
      words++;
      entry.to = words;
      if (words < GRAM_WORDS) continue;
      const last = grams.seen(gramHash(hashes, words), words);
      if (last >= 0 && words - last >= DISTANT_WORDS) run++;
      else endRun(words - 1);
    }
    const open = run === 0 ? words - GRAM_WORDS + 1 : words - run - GRAM_WORDS + 1; // words from here on may still be copied
    let ready = 0;
    while (ready < waiting.length && waiting[ready].to <= open) ready++;
    yield* kept(waiting.slice(0, ready), counts);
    waiting = waiting.slice(ready);
  }
  endRun(words);
  yield* kept(waiting, counts);
}

function* kept(lines: readonly Waiting[], counts: OverlapCounts): Generator<string> {
  for (const { line, from, to, copied } of lines) {
    if (to > from && copied >= COPIED_SHARE * (to - from)) {
      counts.droppedLines++;
      counts.droppedWords += line.split(/\s+/).filter((word) => word !== "").length;
    } else yield line;
  }
}

function overlap(aFrom: number, aTo: number, bFrom: number, bTo: number): number {
  return Math.max(0, Math.min(aTo, bTo) - Math.max(aFrom, bFrom));
}

const WORD = new RegExp(`[${classSource("L", "N")}']+`, "gu");
const ASCII_WORD = /[a-z0-9']+/g; // a fast pattern for ASCII lines
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern tests for ASCII
const ONLY_ASCII = /^[\x00-\x7f]*$/;
const LABEL = /^\*?[A-Za-z][A-Za-z0-9]{0,7}:\s/;

/** The hash of each word of a line; none for a heading. */
function* wordHashes(line: string): Generator<number> {
  if (line.startsWith("= ")) return;
  const text = line.replace(LABEL, "").toLowerCase();
  for (const word of text.match(ONLY_ASCII.test(text) ? ASCII_WORD : WORD) ?? []) {
    let hash = -2128831035; // FNV-1a
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 16777619);
    yield hash;
  }
}

/** One hash of the last words in order. */
function gramHash(ring: Int32Array, words: number): number {
  let hash = 0x2c1b3c6d;
  for (let i = 0; i < GRAM_WORDS; i++) {
    hash = Math.imul(hash ^ ring[(words + i) % GRAM_WORDS], 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

/**
 * Maps the hash of an n-gram to the position where it first ended. Hash collisions are possible, but 89 in a row are not.
 */
class GramTable {
  private size = 0;
  private keys = new Int32Array(1 << 16);
  private places = new Int32Array(1 << 16); // 0 is empty

  /** The place of the first occurrence, or -1 if this is the first; then `place` (above 0) is stored. */
  seen(key: number, place: number): number {
    if (this.size * 2 > this.keys.length) this.grow();
    const mask = this.keys.length - 1;
    let slot = key & mask;
    while (this.places[slot] !== 0 && this.keys[slot] !== key) slot = (slot + 1) & mask;
    if (this.places[slot] !== 0) return this.places[slot];
    this.keys[slot] = key;
    this.places[slot] = place;
    this.size++;
    return -1;
  }

  private grow(): void {
    const { keys, places } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.places = new Int32Array(keys.length * 2);
    const mask = this.keys.length - 1;
    for (let i = 0; i < keys.length; i++) {
      if (places[i] === 0) continue;
      let slot = keys[i] & mask;
      while (this.places[slot] !== 0) slot = (slot + 1) & mask;
      this.keys[slot] = keys[i];
      this.places[slot] = places[i];
    }
  }
}
