/** @file Text files as strict UTF-8, whole or line by line. */

import * as fs from "node:fs";

/**
 * Read a text file. A byte-order mark is dropped; line ends are not changed.
 *
 * @throws Error naming the file if it is missing, and the byte offset if it is not UTF-8
 */
export function readText(file: string): string {
  const fd = openFile(file);
  try {
    return withoutMark(decodeUtf8(fs.readFileSync(fd), file));
  } finally {
    fs.closeSync(fd);
  }
}

/** Open a file for reading. @throws Error naming the file if it is missing or is a folder */
export function openFile(file: string): number {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new Error(`${file}: no such file; check the path`);
  if (stat.isDirectory()) throw new Error(`${file}: is a folder, want a file`);
  return fs.openSync(file, "r");
}

/** A byte-order mark is text here. @throws Error `name: byte N is not UTF-8` */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(
      `${name}: byte ${firstBadByte(bytes)} is not UTF-8; convert the file first, for example with "iconv -f WINDOWS-1252 -t UTF-8"`,
    );
  }
}

/**
 * The lines of a file of any size, without their line ends (`\n` or `\r\n`); memory holds one chunk and one line.
 *
 * @throws Error as `readText`, with the line number, also when a line is longer than `maxLineBytes`
 */
export function* readLines(file: string, maxLineBytes = 64 << 20): Generator<string> {
  const fd = openFile(file);
  try {
    const chunk = Buffer.allocUnsafe(1 << 20);
    let carry: Buffer[] = [];
    let carried = 0;
    let line = 0;
    const finish = (tail: Buffer): string => {
      line++;
      const bytes = carry.length === 0 ? tail : Buffer.concat([...carry, tail]);
      carry = [];
      carried = 0;
      const raw = decodeUtf8(bytes, `${file}:${line}`);
      const text = line === 1 ? withoutMark(raw) : raw;
      return text.endsWith("\r") ? text.slice(0, -1) : text;
    };
    for (;;) {
      const size = fs.readSync(fd, chunk, 0, chunk.length, null);
      if (size === 0) break;
      let start = 0;
      for (;;) {
        const end = chunk.subarray(0, size).indexOf(10, start);
        if (end < 0) break;
        yield finish(chunk.subarray(start, end));
        start = end + 1;
      }
      if (start < size) {
        carry.push(Buffer.from(chunk.subarray(start, size)));
        carried += size - start;
        if (carried > maxLineBytes)
          throw new Error(`${file}:${line + 1}: a line of more than ${maxLineBytes} bytes; break it up`);
      }
    }
    if (carried > 0) yield finish(Buffer.alloc(0));
  } finally {
    fs.closeSync(fd);
  }
}

/** The text of a file without its byte-order mark. */
function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/**
 * Number of words (runs of characters that are not white space). For words seen in training see `train/words-seen.ts`.
 */
export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** Offset of the first byte that cannot be part of UTF-8 text. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  const decodes = (n: number) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, n), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  while (good < bad) {
    const middle = (good + bad + 1) >> 1;
    if (decodes(middle)) good = middle;
    else bad = middle - 1;
  }
  // the preceding bytes may start a character that is incomplete: report its first byte
  for (let back = 1; back <= 3 && back <= good; back++) {
    const byte = bytes[good - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? good - back : good;
  }
  return good;
}
