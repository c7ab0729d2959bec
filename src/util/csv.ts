/** @file Comma-separated values with quotes (RFC 4180); each field is text. */

import { brief, printable } from "./check";
import { readText } from "./text-file";

export interface CsvTable {
  header: string[];
  rows: string[][];
}

/**
 * @throws Error `file:line: ...` if a row and the header differ in their number of fields, a quote is not closed, two
 *   columns share a name, or one of `columns` is missing
 */
export function readCsv(file: string, columns: readonly string[]): CsvTable {
  const lines = parseCsv(readText(file), file);
  if (lines.length === 0) throw new Error(`${file}: empty, want a header with ${columns.join(", ")}`);
  const [{ fields: header }, ...body] = lines;
  const missing = columns.filter((c) => !header.includes(c));
  if (missing.length > 0) {
    throw new Error(`${file}:1: no column ${missing.join(", ")}; the header has ${printable(header.join(", "))}`);
  }
  const twice = header.find((c, i) => header.indexOf(c) !== i);
  if (twice !== undefined) throw new Error(`${file}:1: two columns are called ${brief(twice)}`);
  for (const { line, fields } of body) {
    if (fields.length !== header.length) {
      throw new Error(`${file}:${line}: ${fields.length} fields, the header has ${header.length}`);
    }
  }
  return { header, rows: body.map((l) => l.fields) };
}

/** Text to lines of fields; blank lines are skipped. */
export function parseCsv(text: string, name = "csv"): { line: number; fields: string[] }[] {
  const out: { line: number; fields: string[] }[] = [];
  let fields: string[] = [];
  let line = 1;
  let startLine = 1;
  let at = 0;
  const endRow = () => {
    if (fields.length > 1 || fields[0] !== "") out.push({ line: startLine, fields });
    fields = [];
    startLine = line;
  };
  while (at < text.length) {
    let value = "";
    if (text[at] === '"') {
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) throw new Error(`${name}:${startLine}: a quote is never closed`);
        const piece = text.slice(at + 1, close);
        value += piece;
        line += piece.split("\n").length - 1;
        at = close + 1;
        if (text[at] !== '"') break;
        value += '"'; // a doubled quote means one quote
      }
    }
    const rest = /[^,\r\n]*/y;
    rest.lastIndex = at;
    value += rest.exec(text)?.[0] ?? "";
    at = rest.lastIndex;
    fields.push(value);
    if (text[at] === ",") {
      at++;
      if (at === text.length) fields.push("");
      continue;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    line++;
    endRow();
  }
  if (fields.length > 0) endRow();
  return out;
}
