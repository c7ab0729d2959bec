/** @file Tables as HTML and as plain text, from rows, a danfojs DataFrame or an arquero table. Everything is escaped. */

import escapeHtml from "escape-html";

/** Any object: its properties are the columns. */
export type Row = object;

/** The parts of a danfojs DataFrame that a table needs. */
export interface DataFrameLike {
  columns: string[];
  values: unknown;
}

/** The parts of an arquero table that a table needs. */
export interface ArqueroLike {
  columnNames(): string[];
  objects(): object[];
}

export type TableData = readonly Row[] | DataFrameLike | ArqueroLike;

type Cells = Readonly<Record<string, unknown>>;

export interface TableOptions {
  /** Which columns, in this order; all by default. */
  columns?: readonly string[];
  /** Decimal places, by column name or one for all; columns of whole numbers have none. Default 3. */
  digits?: number | Readonly<Record<string, number>>;
  /** Shown above the table. */
  title?: string;
  /** Maximum number of rows shown; the number of hidden rows is reported. Default 40. */
  limit?: number;
}

export interface RenderedTable {
  html: string;
  text: string;
}

/** @throws Error if a wanted column does not exist, listing those that do */
export function renderTable(data: TableData, options: TableOptions = {}): RenderedTable {
  const { columns: all, rows } = columnsAndRows(data);
  const columns = options.columns ?? all;
  const unknown = columns.find((c) => !all.includes(c));
  if (unknown !== undefined) throw new Error(`table: no column "${unknown}"; one of ${all.join(", ")}`);
  if (rows.length === 0) {
    const text = `${options.title === undefined ? "" : `${options.title}: `}no rows`;
    return { html: `<p>${escapeHtml(text)}</p>`, text };
  }
  const limit = options.limit ?? 40;
  const digits = columns.map((c) => (rows.every((r) => isWholeOrNoNumber(r[c])) ? 0 : digitsOf(options, c)));
  const shown = rows.slice(0, limit).map((row) => columns.map((c, i) => cellText(row[c], digits[i])));
  const numeric = columns.map((c) => rows.length > 0 && rows.every((r) => isNumberOrGap(r[c])));
  const more = rows.length > limit ? `${rows.length - limit} more of ${rows.length} rows` : null;
  const table = { columns, rows: shown, numeric, title: options.title, more };
  return { html: toHtml(table), text: toText(table) };
}

/** A table whose cells are text. */
interface TextTable {
  columns: readonly string[];
  rows: readonly string[][];
  /** by column: aligned to the right */
  numeric: readonly boolean[];
  title: string | undefined;
  /** a note about rows that are not shown */
  more: string | null;
}

function columnsAndRows(data: TableData): { columns: string[]; rows: Cells[] } {
  if (isRows(data))
    return { columns: [...new Set(data.flatMap((row) => Object.keys(row)))], rows: [...data] as Cells[] };
  if ("objects" in data) return { columns: data.columnNames(), rows: data.objects() as Cells[] };
  const rows = (data.values as unknown[][]).map((values) =>
    Object.fromEntries(data.columns.map((c, i) => [c, values[i]])),
  );
  return { columns: data.columns, rows };
}

function isRows(data: TableData): data is readonly Row[] {
  return Array.isArray(data);
}

function digitsOf({ digits = 3 }: TableOptions, column: string): number {
  return typeof digits === "number" ? digits : (digits[column] ?? 3);
}

function isNumberOrGap(value: unknown): boolean {
  return typeof value === "number" || value === null || value === undefined;
}

function isWholeOrNoNumber(value: unknown): boolean {
  return typeof value !== "number" || Number.isNaN(value) || Number.isInteger(value);
}

/** Numbers with thousands separators and fixed decimals, gaps as a dash, other values as text. */
function cellText(value: unknown, digits: number): string {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return typeof value === "object" ? JSON.stringify(value) : String(value);
  if (Number.isNaN(value)) return "undefined";
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (/[1-9]/.test(text) ? text : (0).toFixed(digits)).replace("-", "−"); // avoid "−0.00"
}

function toHtml({ columns, rows, numeric, title, more }: TextTable): string {
  const align = (i: number) => (numeric[i] ? ' style="text-align:right"' : ' style="text-align:left"');
  const line = (tag: "th" | "td", cells: readonly string[]) =>
    `<tr>${cells.map((c, i) => `<${tag}${align(i)}>${escapeHtml(c)}</${tag}>`).join("")}</tr>`;
  const caption = title === undefined ? "" : `<caption style="text-align:left">${escapeHtml(title)}</caption>`;
  const foot = more === null ? "" : `<tfoot><tr><td colspan="${columns.length}">${escapeHtml(more)}</td></tr></tfoot>`;
  return (
    `<table class="class-it-table">${caption}<thead>${line("th", columns)}</thead>` +
    `<tbody>${rows.map((r) => line("td", r)).join("")}</tbody>${foot}</table>`
  );
}

function toText({ columns, rows, numeric, title, more }: TextTable): string {
  const flat = rows.map((r) => r.map((c) => c.replace(/\s+/g, " ")));
  const widths = columns.map((c, i) => Math.max(c.length, ...flat.map((r) => r[i].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((c, i) => (numeric[i] ? c.padStart(widths[i]) : c.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  const rule = widths.map((w) => "─".repeat(w)).join("  ");
  return [
    ...(title === undefined ? [] : [title]),
    line(columns),
    rule,
    ...flat.map(line),
    ...(more ? [more] : []),
  ].join("\n");
}
