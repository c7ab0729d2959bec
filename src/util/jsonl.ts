/** @file Reads and writes JSON Lines and JSON files: errors name file and line, writes are atomic. */

import { writeAll, writeAtomically, writeFileAtomic } from "./atomic-file";
import { brief, messageOf } from "./check";
import { readText } from "./text-file";

/**
 * Read a `.jsonl` file. Blank lines are skipped.
 *
 * @param parse - converts one parsed line to a row; its errors are reported with file and line
 * @throws Error `file:line: what was expected, what came`
 */
export function readJsonl<T>(file: string, parse: (value: unknown) => T): T[] {
  const rows: T[] = [];
  const lines = readText(file).split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === "") continue;
    try {
      rows.push(parse(JSON.parse(line)));
    } catch (error) {
      const last = i === lines.length - 1 ? " (the last line: was the file cut off?)" : "";
      throw new Error(`${file}:${i + 1}: ${messageOf(error)}${last}; the line starts with ${brief(line.slice(0, 60))}`);
    }
  }
  return rows;
}

/**
 * Write any number of rows, a few megabytes at a time, since a JavaScript string is limited to about half a billion
 * characters.
 */
export function writeJsonl(file: string, rows: Iterable<unknown>): void {
  writeAtomically(file, (fd) => {
    let text = "";
    for (const row of rows) {
      text += `${JSON.stringify(row)}\n`;
      if (text.length < 1 << 22) continue;
      writeAll(fd, Buffer.from(text, "utf8"));
      text = "";
    }
    writeAll(fd, Buffer.from(text, "utf8"));
  });
}

/** @throws Error naming the file if it is missing or not JSON */
export function readJson<T = unknown>(file: string): T {
  return parseJson(readText(file), file);
}

/** @throws Error starting with `name` if the text is not JSON */
export function parseJson<T = unknown>(text: string, name: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`${name}: not valid JSON: ${messageOf(error)}`);
  }
}

/** JSON with an indentation of two spaces and a final newline, for readable diffs. */
export function writeJson(file: string, value: unknown): void {
  writeFileAtomic(file, jsonText(value));
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
