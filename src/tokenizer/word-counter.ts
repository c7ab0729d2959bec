/** @file How often each word occurs in texts and files of any size: all that byte-pair training needs of them. */

import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import { decodeUtf8 } from "../util/text-file";
import { wordEnd } from "./word-scanner";
import { grown, WordTable } from "./word-table";

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

  /** Count a file's lines, each with its newline; a byte-order mark is text, as in the reference. @throws Error if it is not UTF-8 */
  addFile(file: string, onProgress?: (bytes: number) => void): void {
    const fd = fs.openSync(file, "r");
    try {
      const chunk = Buffer.allocUnsafe(4 << 20);
      let carry: Buffer[] = []; // the start of a line that goes on in the next chunk
      let bytesRead = 0;
      const count = (bytes: Buffer) => {
        if (!isUtf8(bytes)) decodeUtf8(bytes, file); // throws and says where
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
}
