/**
 * @file The frame around every page of the report: content security policy, style, theme, navigation.
 *
 * A page may use only its own scripts and styles: the policy lists the digest of each inline script
 * and style. It may load plotly.js from its folder if it has figures. It requests nothing else.
 */

import { createHash } from "node:crypto";
import * as path from "node:path";
import escapeHtml from "escape-html";
import { DARK_INKS } from "../../figures/palette";
import { readText } from "../../util/text-file";
import { PLOTLY_CONFIG } from "../display/show";

/** Title of the report and of its index. */
export const REPORT_TITLE = "CLASS-IT Notebooks";

export interface PageInfo {
  file: string;
  title: string;
  /** The first paragraph under the title. */
  about: string;
}

export interface PageParts {
  root: string;
  page: PageInfo;
  /** HTML of the page's content. */
  body: string;
  previous?: PageInfo;
  next?: PageInfo;
  /** Whether the page has code cells that can be folded. */
  folds?: boolean;
  /** Whether the page has figures, which plotly.js draws. */
  figures?: boolean;
  /** Styles besides the common ones. */
  style?: string;
  /** JSON blocks for the scripts. */
  data?: string;
  /** A script of this page, run after the common one. */
  script?: string;
  /** Additional policy directives of this page; sources of an existing directive are added to it. */
  policy?: Readonly<Record<string, string>>;
}

/** A complete HTML page. */
export function htmlPage(parts: PageParts): string {
  const { root, page, body, previous, next, folds = false, figures = false, style = "", data = "" } = parts;
  const css = `\n${pageAsset(root, "page.css")}${style}`;
  const scripts = {
    theme: `\n${pageAsset(root, "theme.js")}`,
    phone: figures ? `\n${pageAsset(root, "phone.js")}` : null,
    page: `\n${pageAsset(root, "page.js")}`,
    hover: figures ? `\n${pageAsset(root, "hover.js")}` : null,
    own: parts.script === undefined ? null : `\n${parts.script}`,
  };
  const inline = (script: string | null) => (script === null ? "" : `<script>${script}</script>\n`);
  const policy = contentPolicy(css, Object.values(scripts), figures, parts.policy ?? {});
  const home = page.file === "index.html" ? "" : `<a href="index.html">${REPORT_TITLE}</a>`;
  const fold = folds ? '<button id="fold" type="button">Hide code</button>' : "";
  return `<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(page.title)}</title>
<style>${css}</style>
<script>${scripts.theme}</script>
</head>
<body>
<header><nav class="bar">${home}${shortLink(previous, "←", "")}${shortLink(next, "", "→")}<span class="space"></span>${fold}<button id="theme" type="button">Dark</button></nav></header>
<main>
${body}
</main>
<footer><nav class="bar">${longLink(previous, "← ", "")}<span class="space"></span>${longLink(next, "", " →")}</nav></footer>
<script id="dark-inks" type="application/json">${inScript(DARK_INKS)}</script>
<script id="plotly-config" type="application/json">${inScript(PLOTLY_CONFIG)}</script>
${data}${[scripts.hover, scripts.phone, scripts.page, scripts.own].map(inline).join("")}</body>
</html>
`;
}

/** The style attributes of plotly for bold, italic, superscript and subscript text in labels. */
const LABEL_STYLES = ["font-weight:bold", "font-style:italic", "font-size:70%"];

/**
 * The page's content security policy, for its `<meta>` element.
 *
 * plotly writes an empty style element and fills it by script, hence the digest of the empty style. `strict-dynamic` lets our
 * own script, known by its digest, load plotly.js: a file beside the page has no other name that a policy could list.
 */
function contentPolicy(
  css: string,
  scripts: readonly (string | null)[],
  figures: boolean,
  more: Readonly<Record<string, string>>,
): string {
  const digests = scripts.filter((script) => script !== null).map(digestSource);
  const policy: Record<string, string> = {
    "default-src": "'none'",
    "script-src": [...digests, ...(figures ? ["'strict-dynamic'"] : [])].join(" "),
    "style-src": [
      digestSource(css),
      ...(figures ? ["'unsafe-hashes'", ...["", ...LABEL_STYLES].map(digestSource)] : []),
    ].join(" "),
    "img-src": figures ? "data: blob:" : "data:", // plotly makes its PNG from a blob
    "base-uri": "'none'",
    "form-action": "'none'",
  };
  for (const [name, sources] of Object.entries(more)) {
    policy[name] = policy[name] === undefined ? sources : `${policy[name]} ${sources}`;
  }
  return Object.entries(policy)
    .map(([name, sources]) => `${name} ${sources}`)
    .join("; ");
}

function digestSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** `← 01`: the number of a notebook from its title; else the title. */
function shortLink(to: PageInfo | undefined, before: string, after: string): string {
  if (to === undefined) return "";
  const name = /^\d\d\b/.exec(to.title)?.[0] ?? to.title;
  const text = [before, escapeHtml(name), after].filter((part) => part !== "").join(" ");
  return `<a href="${pageAddress(to)}" title="${escapeHtml(to.title)}">${text}</a>`;
}

function longLink(to: PageInfo | undefined, before: string, after: string): string {
  return to === undefined ? "" : `<a href="${pageAddress(to)}">${before}${escapeHtml(to.title)}${after}</a>`;
}

/** Escaped as an attribute, because file names may contain any character. */
export function pageAddress({ file }: Pick<PageInfo, "file">): string {
  return escapeHtml(encodeURIComponent(file));
}

/** A hand-written part of pages, from `reports/template/`. */
export function pageAsset(root: string, name: string): string {
  return readText(path.join(root, "src/notebook/reports/template", name));
}

/** JSON escaped so that it cannot end its script element. */
export function inScript(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}
