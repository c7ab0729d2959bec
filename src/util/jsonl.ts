/** @file JSON, one value a line, and JSON files: read with file and line in every error, written atomically. */

import { writeAll, writeAtomically, writeFileAtomic } from "./atomic-file";
import { messageOf } from "./check";
import { readText } from "./text-file";

/**
 * Read a `.jsonl` file. Blank lines are skipped.
 *
 * @param parse - turns one parsed line into a row; what it throws is reported with file and line
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
      throw new Error(
        `${file}:${i + 1}: ${messageOf(error)}${last}; the line begins ${JSON.stringify(line.slice(0, 60))}`,
      );
    }
  }
  return rows;
}

/** Rows of any number: they are written a few megabytes at a time, since a string ends at half a billion characters. */
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

/** @throws Error beginning with `name` if the text is not JSON */
export function parseJson<T = unknown>(text: string, name: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`${name}: not valid JSON: ${messageOf(error)}`);
  }
}

/** Two-space indented JSON with a final newline: small, and pleasant in a diff. */
export function writeJson(file: string, value: unknown): void {
  writeFileAtomic(file, jsonText(value));
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
