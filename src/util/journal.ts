/**
 * @file Append-only text files with a checksum per line, which survive a kill.
 *
 * A checksum is the start of the SHA-256 of the previous checksum and the line, so an altered, missing, repeated or
 * moved line is detected, as is everything after it. A last line without a line break was cut off by a kill and is
 * dropped. The checksum is the last element of a JSON array, the field `check` of a JSON object, or the column `check`
 * of a CSV table; the header, if any, starts the chain and has no checksum.
 */

import * as fs from "node:fs";
import { appendWhole, writeFileAtomic } from "./atomic-file";
import { brief, messageOf } from "./check";
import { sha256 } from "./sha256";
import { decodeUtf8 } from "./text-file";
import { warnOnce } from "./warn";

/** Parses one line, without its checksum. Its errors are reported with file and line. */
export type ParseLine<T> = (line: string) => T;

export class Journal {
  readonly file: string;
  private check: string; // of the last line
  private size: number; //  bytes

  private constructor(file: string, check: string, size: number) {
    this.file = file;
    this.check = check;
    this.size = size;
  }

  /** Create a journal with these lines, replacing the file. `header` is null for a journal without one. */
  static begin(file: string, header: string | null, lines: readonly string[] = []): Journal {
    const { text, check } = sealAll(header, lines);
    writeFileAtomic(file, text);
    return new Journal(file, check, Buffer.byteLength(text));
  }

  /**
   * Continue a journal. A last line that was cut off is removed from the file. A journal of an earlier version, without
   * checksums, is read with a warning and gets them.
   *
   * @throws Error naming file and line if the header differs, or a line was altered
   */
  static resume<T>(file: string, header: string | null, parse: ParseLine<T>): { journal: Journal; entries: T[] } {
    const found = readLinesOf(file, header);
    const entries = parseAll(file, header, found.lines, parse);
    if (!found.hasChecks && found.lines.length > 0) {
      warnOnce(`${file}: has no checksums (earlier version); read without verification, and checksums added`);
      return { journal: Journal.begin(file, header, found.lines), entries };
    }
    if (!found.hasChecks) return { journal: Journal.begin(file, header), entries };
    if (found.wholeBytes < fs.statSync(file).size) fs.truncateSync(file, found.wholeBytes);
    return { journal: new Journal(file, found.check, found.wholeBytes), entries };
  }

  /** Checksum of all lines so far. */
  get checksum(): string {
    return this.check;
  }

  /** Write the lines to disk. @returns the checksum of all lines so far */
  flush(): string {
    const fd = fs.openSync(this.file, "r+");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    return this.check;
  }

  /**
   * Add all lines, or none.
   *
   * @param durable - flush to disk before returning
   * @throws Error naming the file when the disk is full, or when another process writes to it
   */
  append(lines: readonly string[], durable = false): void {
    let { check } = this;
    let text = "";
    for (const line of lines) {
      check = chained(check, line);
      text += `${seal(line, check)}\n`;
    }
    const stat = fs.statSync(this.file, { throwIfNoEntry: false });
    if (stat === undefined) throw new Error(`${this.file}: was removed while it was being written`);
    if (stat.isFile() && stat.size !== this.size) {
      throw new Error(`${this.file}: has ${stat.size} bytes, want ${this.size}; is another process writing to it?`);
    }
    appendWhole(this.file, text, durable);
    this.check = check;
    this.size += Buffer.byteLength(text);
  }
}

/** The last checksum of a journal with these lines. */
export function checksumOf(header: string | null, lines: readonly string[]): string {
  return lines.reduce(chained, startOf(header));
}

/**
 * Read a journal without changing it.
 *
 * @param header - null if the journal has none
 * @throws Error naming file and line if it is missing, or a line was altered
 */
export function readJournal<T>(file: string, header: string | RegExp | null, parse: ParseLine<T>): T[] {
  const { lines, hasChecks } = readLinesOf(file, header);
  const entries = parseAll(file, header, lines, parse);
  if (!hasChecks && lines.length > 0) {
    warnOnce(`${file}: has no checksums (earlier version); read without verification`);
  }
  return entries;
}

interface Found {
  /** The lines without header and checksums. */
  lines: string[];
  hasChecks: boolean;
  /** Checksum of the last line. */
  check: string;
  /** Number of bytes up to the last line break. */
  wholeBytes: number;
}

function readLinesOf(file: string, header: string | RegExp | null): Found {
  const bytes = readBytes(file);
  const wholeBytes = bytes.lastIndexOf(10) + 1;
  const all = decodeUtf8(bytes.subarray(0, wholeBytes), file).split("\n").slice(0, -1);
  const first = header === null ? "" : (all.shift() ?? "");
  if (header !== null && !isHeader(first, header)) {
    throw new Error(`${file}:1: want the header ${String(header)}, got ${brief(first)}`);
  }
  const sealed = all.map(unseal);
  const hasChecks = first.endsWith(CSV_COLUMN) || sealed.some((s) => s !== null);
  let check = startOf(first === "" ? null : withoutColumn(first));
  if (!hasChecks) return { lines: all, hasChecks, check, wholeBytes };
  const lines = sealed.map((line, i) => {
    check = line === null ? "" : chained(check, line.line);
    if (line === null || line.check !== check) {
      const at = i + 1 + (header === null ? 0 : 1);
      throw new Error(
        `${file}:${at}: was altered (its checksum differs); delete this line and the lines after it to resume ` +
          `from there, or move the file away to start again`,
      );
    }
    return line.line;
  });
  return { lines, hasChecks, check, wholeBytes };
}

function readBytes(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error(`${file}: no such file`);
    throw new Error(`${file}: cannot be read: ${messageOf(error)}`);
  }
}

function parseAll<T>(file: string, header: unknown, lines: readonly string[], parse: ParseLine<T>): T[] {
  return lines.map((line, i) => {
    try {
      return parse(line);
    } catch (error) {
      throw new Error(`${file}:${i + (header === null ? 1 : 2)}: ${messageOf(error)}`);
    }
  });
}

const CSV_COLUMN = ",check";

function isHeader(line: string, header: string | RegExp): boolean {
  const bare = withoutColumn(line);
  return typeof header === "string" ? bare === header : header.test(bare);
}

/** The header of a CSV table without the checksum column. */
function withoutColumn(header: string): string {
  return header.endsWith(CSV_COLUMN) ? header.slice(0, -CSV_COLUMN.length) : header;
}

function sealAll(header: string | null, lines: readonly string[]): { text: string; check: string } {
  let check = startOf(header);
  let text = header === null ? "" : `${header}${/^[[{]/.test(header) ? "" : CSV_COLUMN}\n`;
  for (const line of lines) {
    check = chained(check, line);
    text += `${seal(line, check)}\n`;
  }
  return { text, check };
}

function startOf(header: string | null): string {
  return header === null ? "" : chained("", header);
}

function chained(check: string, line: string): string {
  return sha256(`${check}\n${line}`).slice(0, 12);
}

function seal(line: string, check: string): string {
  if (line.endsWith("}")) return `${line.slice(0, -1)},"check":"${check}"}`;
  if (line.endsWith("]")) return `${line.slice(0, -1)},"${check}"]`;
  return `${line},${check}`;
}

/** Null for a line without a checksum. */
function unseal(sealed: string): { line: string; check: string } | null {
  const json = /,(?:"check":)?"([0-9a-f]{12})"([}\]])$/.exec(sealed);
  if (json !== null) return { line: sealed.slice(0, json.index) + json[2], check: json[1] };
  const csv = /,([0-9a-f]{12})$/.exec(sealed);
  return csv === null ? null : { line: sealed.slice(0, csv.index), check: csv[1] };
}
