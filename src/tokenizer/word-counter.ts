/**
 * @file Counts how often each word occurs in texts and files, as input of BPE training. (For words seen in training and
 * checkpoints see train/words-seen.ts.)
 */

import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import { decodeUtf8 } from "../util/text-file";
import { wellFormed } from "./aligned-text";
import { METASPACE } from "./sentence-piece";
import { wordEnd } from "./word-scanner";
import { grown, WordTable } from "./word-table";

/** Byte-level BPE (GPT-2), or BPE over characters with byte fallback, as in SentencePiece for LLaMA 2. */
export type TokenizerKind = "byte-level" | "sentencepiece";

export const TOKENIZER_KINDS: readonly TokenizerKind[] = ["byte-level", "sentencepiece"];

/**
 * How often each word occurs. Byte-level: the words of GPT-2's pattern, white space and line ends included.
 * SentencePiece-like: a text without its line end and with a leading blank, split before every blank.
 */
export class WordCounter {
  readonly kind: TokenizerKind;
  readonly words = new WordTable();
  counts = new Float64Array(1 << 11); // by word number

  constructor(kind: TokenizerKind = "byte-level") {
    this.kind = kind;
  }

  /** Count the words of `text[start, end)`. */
  add(text: string, start = 0, end = text.length): void {
    if (this.kind === "sentencepiece") {
      this.addLine(wellFormed(text.slice(start, end)).replace(/\r?\n$/, ""));
      return;
    }
    for (let i = start; i < end; ) {
      const next = wordEnd(text, i, end);
      this.count(text, i, next);
      i = next;
    }
  }

  /** Count a file's lines; a byte-order mark is text, as in the reference. @throws Error if the file is not UTF-8 */
  addFile(file: string, onProgress?: (bytes: number) => void): void {
    const fd = fs.openSync(file, "r");
    try {
      const chunk = Buffer.allocUnsafe(4 << 20);
      let carry: Buffer[] = []; // start of a line that continues in the next chunk
      let bytesRead = 0;
      const count = (bytes: Buffer) => {
        if (!isUtf8(bytes)) decodeUtf8(bytes, file); // throws with the place of the error
        this.addLines(bytes.toString("utf8"));
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

  private addLine(line: string): void {
    if (line === "") return;
    const spaced = line.replaceAll(" ", METASPACE);
    const text = spaced.startsWith(METASPACE) ? spaced : METASPACE + spaced;
    for (let from = 0; from < text.length; ) {
      const next = text.indexOf(METASPACE, from + 1);
      const to = next < 0 ? text.length : next;
      this.count(text, from, to);
      from = to;
    }
  }

  private count(text: string, from: number, to: number): void {
    const word = this.words.findOrAdd(text, from, to);
    if (word >= this.counts.length) this.counts = grown(this.counts, this.counts.length * 2, Float64Array);
    this.counts[word]++;
  }
}
