/** @file Cache of the token ids of words, because most words of a text come from a few thousand different ones. */

import type { BpeModel } from "./bpe";
import { grown, WordTable } from "./word-table";

const LONGEST = 128; //        code units; longer words are rare and seldom repeat
const MOST_WORDS = 1 << 20; // about 60 MB; further words are merged each time

/** Encodes words and remembers their ids. */
export class WordCache {
  private readonly encode: (word: string) => readonly number[];
  private readonly words = new WordTable();
  private starts = new Int32Array((1 << 11) + 1); // by word number, into `ids`
  private ids = new Int32Array(1 << 13);
  private readonly byteLengths: Uint16Array; //      by token id

  /** @param inBytes - whether words are spelt in byte characters; otherwise in their own */
  constructor(model: BpeModel, inBytes: boolean) {
    this.encode = inBytes ? (word) => model.encodeText(word).ids : (word) => model.encodeChars([...word]).ids;
    this.byteLengths = Uint16Array.from({ length: model.tokens.length }, (_, id) => model.tokens[id]?.length ?? 0);
  }

  /** Bytes that a token of a byte-level vocabulary stands for: its byte characters are one code unit each. */
  byteLength(id: number): number {
    return this.byteLengths[id];
  }

  /** Append the ids of the word `text[from, to)` to `out`. */
  pushIds(text: string, from: number, to: number, out: number[]): void {
    if (to - from > LONGEST) {
      for (const id of this.encode(text.slice(from, to))) out.push(id);
      return;
    }
    const known = this.words.size;
    const word = known < MOST_WORDS ? this.words.findOrAdd(text, from, to) : this.words.find(text, from, to);
    if (word < 0) {
      for (const id of this.encode(text.slice(from, to))) out.push(id);
      return;
    }
    if (word === known) this.remember(word, this.encode(text.slice(from, to)));
    const end = this.starts[word + 1];
    for (let i = this.starts[word]; i < end; i++) out.push(this.ids[i]);
  }

  private remember(word: number, ids: readonly number[]): void {
    if (word + 1 >= this.starts.length) this.starts = grown(this.starts, this.starts.length * 2, Int32Array);
    const start = this.starts[word];
    if (start + ids.length > this.ids.length) {
      this.ids = grown(this.ids, Math.max(start + ids.length, this.ids.length * 2), Int32Array);
    }
    this.ids.set(ids, start);
    this.starts[word + 1] = start + ids.length;
  }
}
