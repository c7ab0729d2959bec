/**
 * @file Stream the lines of text files of any size in constant memory.
 *
 * Unlike `util/text-file.ts`, long lines are passed on in chunks (some copies of the BabyLM text have lost their line
 * breaks and are one line of many megabytes), and invalid UTF-8 can be counted and replaced instead of stopping the
 * run.
 */

import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import { openFile } from "../util/text-file";

export interface LineChunk {
  text: string;
  /** The line continues in the next chunk. */
  continues: boolean;
}

export interface ReadOptions {
  /** What to do with invalid UTF-8: stop (default), or replace it by U+FFFD and count. */
  invalidUtf8?: "stop" | "replace";
}

/** Filled while reading; complete once the generator has ended. */
export interface ReadCounts {
  bytes: number;
  /** Number of characters U+FFFD that replace invalid UTF-8. */
  replaced: number;
}

const CHUNK_BYTES = 1 << 20;
/** A longer line is passed on in chunks of this size, cut at a space if there is one. */
const MAX_CHUNK_BYTES = 4 << 20;
const LINE_FEED = 10;

/**
 * The lines of `file` without their ends (`\n`, `\r\n` or a lone `\r`), a byte-order mark dropped.
 *
 * @throws Error `file: byte N is not UTF-8` with the remedy, under `invalidUtf8: "stop"`
 */
export function* readLineChunks(file: string, counts: ReadCounts, options: ReadOptions = {}): Generator<LineChunk> {
  const fd = openFile(file);
  try {
    let carry: Uint8Array = Buffer.alloc(0);
    let offset = 0; // of the first byte of `carry` in the file
    let isFirst = true;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const size = fs.readSync(fd, chunk, 0, CHUNK_BYTES, null);
      const isLast = size === 0;
      let block = Buffer.concat([carry, chunk.subarray(0, size)]);
      counts.bytes += size;
      if (isFirst && !isLast) {
        refuseUtf16(block, file);
        if (block.length >= 3 && block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf) {
          block = block.subarray(3);
          offset += 3;
        }
        isFirst = false;
      }
      const end = isLast ? block.length : cutPoint(block);
      if (end > 0) {
        const text = decode(block.subarray(0, end), file, offset, counts, options);
        const continues = !isLast && block[end - 1] !== LINE_FEED;
        yield* splitLines(text, continues, isLast);
      }
      carry = block.subarray(end);
      offset += end;
      if (isLast) return;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** After the last line feed; in an over-long line after its last blank (or anywhere between characters); else 0. */
function cutPoint(block: Buffer): number {
  const lineEnd = block.lastIndexOf(LINE_FEED) + 1;
  if (lineEnd > 0 || block.length < MAX_CHUNK_BYTES) return lineEnd;
  const blank = block.lastIndexOf(32) + 1;
  if (blank > 0) return blank;
  let end = block.length;
  while (end > block.length - 4 && (block[end - 1] & 0xc0) === 0x80) end--; // do not split a character
  return end - 1;
}

function* splitLines(text: string, continues: boolean, isLast: boolean): Generator<LineChunk> {
  const lines = (text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text).split("\n");
  const last = lines.length - 1;
  for (let i = 0; i < last; i++) yield { text: lines[i], continues: false };
  // after the last line feed: nothing, part of a long line, or a last line without a line end
  if (lines[last] !== "" || (continues && !isLast)) yield { text: lines[last], continues };
}

function decode(bytes: Buffer, file: string, offset: number, counts: ReadCounts, options: ReadOptions): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  if (options.invalidUtf8 !== "replace") {
    throw new Error(
      `${file}: byte ${offset + firstInvalidByte(bytes)} is not UTF-8. Convert the file (for example with ` +
        `"iconv -f WINDOWS-1252 -t UTF-8"), or read it with invalidUtf8 "replace", which counts such bytes and drops them.`,
    );
  }
  const text = bytes.toString("utf8");
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) counts.replaced++;
  return text;
}

function refuseUtf16(block: Buffer, file: string): void {
  const isUtf16 =
    block.length >= 2 && ((block[0] === 0xff && block[1] === 0xfe) || (block[0] === 0xfe && block[1] === 0xff));
  if (isUtf16)
    throw new Error(`${file}: is UTF-16 text, want UTF-8; convert it, for example with "iconv -f UTF-16 -t UTF-8"`);
}

/** The largest n such that the first n bytes could begin a UTF-8 text, by bisection over the native check. */
function firstInvalidByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    // a character split at `middle` is not an error: step back at most three bytes
    let end = middle;
    while (end > good && end > middle - 3 && (bytes[end] & 0xc0) === 0x80) end--;
    if (isUtf8(bytes.subarray(0, end))) good = middle;
    else bad = middle;
  }
  return good;
}
