/**
 * @file Convert the value of a cell's last expression to Jupyter output: figures are drawn, tables are tables, all else is text.
 *
 * Called by the notebook kernel (src/notebook/jupyter/kernels/tslab/server.cjs).
 */

import { inspect } from "node:util";
import type { Figure, FigureWords } from "../../figures/figure";
import { captionMarkdown, figureBundle, type MimeBundle, markdownBundle } from "./show";
import { renderTable, type TableData } from "./table";

/**
 * The mime bundles for a value: the first is the result itself, a figure's caption follows.
 *
 * Recognised: our figures and plain plotly objects (`{ data, layout }`), danfojs DataFrames and Series, arquero tables, and
 * arrays of flat objects (rows). The text of every other value is what `console.log` prints.
 */
export function displaysOf(value: unknown): MimeBundle[] {
  const figure = asFigure(value);
  if (figure !== null) {
    const { caption } = figure.layout.meta;
    return [figureBundle(figure), ...(caption === "" ? [] : [markdownBundle(captionMarkdown(caption))])];
  }
  const table = asTable(value);
  if (table !== null) {
    const { html, text } = renderTable(table);
    return [{ "text/html": html, "text/plain": text }];
  }
  return [{ "text/plain": typeof value === "string" ? value : inspect(value) }];
}

/** Our figure, or a plotly object with default texts added; null for anything else. */
function asFigure(value: unknown): Figure | null {
  if (!isPlainObject(value) || !Array.isArray(value.data)) return null;
  const { data, layout, frames: _frames, config: _config, ...others } = value;
  if (Object.keys(others).length > 0 || !data.every(isPlainObject)) return null;
  if (!(isPlainObject(layout) || (layout === undefined && data.length > 0 && data.every((trace) => "type" in trace)))) {
    return null;
  }
  const meta = isPlainObject(layout) && isPlainObject(layout.meta) ? (layout.meta as Partial<FigureWords>) : {};
  const words = { ...meta, alt: meta.alt ?? titleOf(layout) ?? "a plotly figure", caption: meta.caption ?? "" };
  return { data: data as Figure["data"], layout: { ...(layout as object | undefined), meta: words } };
}

/** plotly allows a title as text and as `{ text }`. */
function titleOf(layout: unknown): string | undefined {
  const title = isPlainObject(layout) ? layout.title : undefined;
  const text = isPlainObject(title) ? title.text : title;
  return typeof text === "string" && text !== "" ? text : undefined;
}

function asTable(value: unknown): TableData | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return value.length > 0 && value.every(isRow) ? value : null;
  const table = value as Record<string, unknown>;
  if (typeof table.columnNames === "function" && typeof table.objects === "function") return value as TableData; // arquero
  if (!("$isSeries" in table) || !Array.isArray(table.columns) || !Array.isArray(table.values)) return null;
  if (table.$isSeries !== true) return value as TableData; // danfojs DataFrame
  const name = String(table.columns[0]);
  return table.values.map((cell) => ({ [name]: cell }));
}

/** Whether an object's values all fit into table cells. */
function isRow(value: unknown): boolean {
  return isPlainObject(value) && Object.values(value).every((cell) => typeof cell !== "object" || cell === null);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
