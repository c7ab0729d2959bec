/**
 * @file Display a figure, a table or a paragraph in a notebook. The only file with a display side effect.
 *
 * Each display is one bundle of several mime types, so that every front end finds one it supports. Outside a notebook the
 * plain text is printed.
 */

import type { Figure } from "../../figures/figure";
import { renderTable, type TableData, type TableOptions } from "./table";

/** Mime type of a plotly figure (JSON) in notebooks. */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

/** One display: content by mime type. */
export type MimeBundle = Record<string, unknown>;
type DisplayHook = (data: MimeBundle, metadata?: Record<string, unknown>) => void;

/** Show a figure; its caption stands below it. */
export function show(figure: Figure): void {
  const { caption } = figure.layout.meta;
  display(figureBundle(figure));
  if (caption !== "") markdown(captionMarkdown(caption));
}

/** A figure for front ends that draw plotly's JSON, and its alternative text for all others. */
export function figureBundle(figure: Figure): MimeBundle {
  return { [PLOTLY_MIME]: figureJson(figure), "text/plain": figure.layout.meta.alt };
}

/** A caption as Markdown, with all markup escaped. */
export function captionMarkdown(caption: string): string {
  return `*${caption.replace(/([*_`<>$\\])/g, "\\$1")}*`;
}

/** Show rows, a danfojs DataFrame or an arquero table. */
export function showTable(data: TableData, options: TableOptions = {}): void {
  const { html, text } = renderTable(data, options);
  display({ "text/html": html, "text/plain": text });
}

/** Show a paragraph of Markdown that depends on results. Text from data must be escaped by `literal`. */
export function markdown(text: string): void {
  display(markdownBundle(text));
}

/** Markdown for front ends that render it, and its source text for all others. */
export function markdownBundle(text: string): MimeBundle {
  return { "text/markdown": text, "text/plain": text };
}

/** Show text from data or a model exactly as it is. */
export function verbatim(text: string): void {
  display({ "text/plain": text });
}

/** Text from data or a model inside Markdown, as a code span that it cannot break out of. */
export function literal(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = "`".repeat(longest + 1);
  const flat = text.replace(/\s+/g, " ");
  return `${fence}${longest > 0 ? ` ${flat} ` : flat}${fence}`;
}

/** Disables controls that open an address: the link to plotly, the upload button and its server. */
export const PLOTLY_CONFIG = {
  responsive: true,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
} as const;

/** plotly's JSON: typed arrays become plain arrays; NaN and infinity become null. */
export function figureJson(figure: Pick<Figure, "data" | "layout">): {
  data: unknown;
  layout: unknown;
  config: unknown;
} {
  return JSON.parse(
    JSON.stringify({ data: figure.data, layout: figure.layout, config: PLOTLY_CONFIG }, (_key, value: unknown) =>
      ArrayBuffer.isView(value) && !(value instanceof DataView)
        ? Array.from(value as unknown as ArrayLike<number>, Number)
        : value,
    ),
  );
}

function display(data: MimeBundle): void {
  const hook = (globalThis as Record<symbol, unknown>)[Symbol.for("class-it.display")] as DisplayHook | undefined;
  if (hook === undefined) process.stdout.write(`${String(data["text/plain"])}\n`);
  else hook(data);
}
