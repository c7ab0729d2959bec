/**
 * @file A figure on a page: its texts, its JSON for plotly, and its picture for print and for readers without
 * JavaScript.
 */

import escapeHtml from "escape-html";
import type { Figure } from "../../figures/figure";
import { PLOTLY_MIME } from "../display/show";
import { joined, type MultilineText } from "../execution/notebook-file";
import { inScript } from "./page";

/**
 * @param data - mime bundle with plotly's JSON and, if available, pictures
 * @param heading - the heading above; a title that repeats it is left out
 * @param caption - whether the caption stands below
 */
export function figureHtml(data: Readonly<Record<string, unknown>>, heading: string, caption: boolean): string {
  const figure = data[PLOTLY_MIME] as Figure;
  const { meta, title } = figure.layout;
  const { text = "", subtitle } = (title ?? {}) as { text?: string; subtitle?: { text?: string } };
  const alt = escapeHtml(meta?.alt ?? text);
  const picture = pictureAddress(data);
  // plotly's labels are already escaped for markup: `plain()` of src/figures/figure.ts
  const words = [
    text === "" || repeats(heading, text) ? "" : `<h4>${inertLabel(text)}</h4>`,
    subtitle?.text === undefined ? "" : `<p class="subtitle">${inertLabel(subtitle.text)}</p>`,
  ].join("");
  const below = caption ? withoutTitle(meta.caption, text) : "";
  return (
    `<figure data-plotly${picture === null ? "" : ' class="pictured"'}>${words}` +
    `<div class="scroll" role="img" aria-label="${alt}"><div class="plot"></div></div>` +
    `${picture === null ? "" : `<img alt="${alt}" src="${picture}">`}` +
    `${below === "" ? "" : `<figcaption>${escapeHtml(below)}</figcaption>`}` +
    `<script type="application/json">${inScript({ data: figure.data, layout: figure.layout })}</script></figure>`
  );
}

/**
 * The SVG, else the PNG, beside a figure as an address for `<img>`, which runs no script in it; null if there is none.
 */
export function pictureAddress(data: Readonly<Record<string, unknown>>, prefer: "svg" | "png" = "svg"): string | null {
  const svg = joined(data["image/svg+xml"] as MultilineText | undefined);
  const png = joined(data["image/png"] as MultilineText | undefined).replace(/\s+/g, "");
  const asSvg = svg === "" ? null : `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  const asPng = /^[A-Za-z0-9+/=]+$/.test(png) ? `data:image/png;base64,${png}` : null;
  return prefer === "png" ? (asPng ?? asSvg) : (asSvg ?? asPng);
}

/** plotly's small HTML in titles: bold, italic and line breaks stay, every other tag becomes text. */
function inertLabel(label: string): string {
  return label.replace(/<(?!\/?(?:b|i|br|sub|sup)\s*\/?>)/g, "&lt;");
}

/** "Figure 2: scores by task" and "Figure 2. Fine-tuning: score by task" name the same figure. */
function repeats(heading: string, title: string): boolean {
  const number = (text: string) => /^figure (\d+)\b/i.exec(text.trim())?.[1];
  const words = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
  return words(heading) === words(title) || (number(title) !== undefined && number(heading) === number(title));
}

/** A caption without a first sentence that repeats the title. */
function withoutTitle(caption: string, title: string): string {
  const start = `${title.replace(/^figure \d+\. /i, "")}. `;
  return caption.startsWith(start) ? caption.slice(start.length) : caption;
}
