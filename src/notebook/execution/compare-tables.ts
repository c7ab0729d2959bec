/** @file Compare two HTML tables cell by cell, and name a changed cell by its row and column: "BLiMP, wide merged". */

import { sameText, type Tolerance } from "./compare-values";

interface HtmlTable {
  /** Text around the rows, such as a title. */
  frame: string;
  columns: string[];
  rows: string[][];
}

/**
 * Each changed cell as "BLiMP, wide merged: 0.864 became 0.862"; each new or lost row or column by its name. Null if
 * one of the texts is not a table.
 */
export function diffTables(before: string, after: string, tolerance: Tolerance): string[] | null {
  const [a, b] = [readTable(before), readTable(after)];
  if (a === null || b === null) return null;
  const columns = namedChanges("column", a.columns, b.columns);
  if (columns.length > 0) return columns;
  const rows = namedChanges("row", rowNames(a), rowNames(b));
  if (rows.length > 0) return rows;
  const names = rowNames(a);
  const cells = a.rows.flatMap((row, r) =>
    row.flatMap((cell, c) => {
      const now = b.rows[r][c] ?? "";
      return sameText(cell, now, tolerance)
        ? []
        : [`${names[r]}, ${a.columns[c]}: ${short(cell)} became ${short(now)}`];
    }),
  );
  if (cells.length > 0 || sameText(a.frame, b.frame, tolerance)) return cells;
  return [`the title "${a.frame}" became "${b.frame}"`];
}

/** Names that only one of two lists has; if both have the same names, the first change of order. */
function namedChanges(what: string, before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((name) => !after.includes(name)).map((name) => `${what} "${name}" is gone`);
  const added = after.filter((name) => !before.includes(name)).map((name) => `${what} "${name}" is new`);
  if (gone.length + added.length > 0) return [...gone, ...added];
  const moved = before.findIndex((name, i) => name !== after[i]);
  if (moved >= 0) return [`${what} ${moved + 1} was "${before[moved]}" and is "${after[moved]}"`];
  return before.length === after.length ? [] : [`${before.length} ${what}s became ${after.length}`];
}

/** The text of a row, from its first cells without a number; its position if it has none or the text is not unique. */
function rowNames({ rows }: HtmlTable): string[] {
  const named = rows.map((row) => {
    const firstNumber = row.findIndex((cell) => /^[-−+]?[\d.,]+ ?%?$/.test(cell) || cell === "–");
    const words = row.slice(0, firstNumber < 0 ? row.length : firstNumber).filter((cell) => cell !== "");
    return (firstNumber < 0 ? words.slice(0, 1) : words).join(", ");
  });
  return named.map((name, i) => {
    if (name === "") return `row ${i + 1}`;
    return named.indexOf(name) === i && named.lastIndexOf(name) === i ? name : `${name} (row ${i + 1})`;
  });
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function readTable(html: string): HtmlTable | null {
  if (!/<table[\s>]/.test(html)) return null;
  const rows = [...html.matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => textOf(cell)),
  );
  const [columns = [], ...others] = rows;
  return { frame: textOf(html.replace(/<tr[^>]*>.*?<\/tr>/gs, "")), columns, rows: others };
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}
