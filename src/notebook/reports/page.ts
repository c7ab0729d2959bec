/** @file The frame around every page of the report: policy, style, navigation, theme. No page asks for any address. */

import * as path from "node:path";
import escapeHtml from "escape-html";
import { DARK_INKS } from "../../figures/palette";
import { readText } from "../../util/text-file";

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
  /** HTML of the page's own. */
  body: string;
  previous?: PageInfo;
  next?: PageInfo;
  /** Whether the page has code cells that can be folded. */
  folds?: boolean;
  /** Styles besides those of every page. */
  style?: string;
  /** Script elements before the page's own script. */
  scripts?: string;
  /** Directives of the content security policy that this page needs besides; each replaces one of the same name. */
  policy?: Readonly<Record<string, string>>;
}

/** What a page may do: show what lies inside of it and beside it. */
const POLICY: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "style-src": "'unsafe-inline'",
  "img-src": "data: blob:",
  "font-src": "data:",
  "script-src": "'unsafe-inline' 'self' file:",
  "connect-src": "'none'",
  "form-action": "'none'",
  "base-uri": "'none'",
};

export function htmlPage(parts: PageParts): string {
  const { root, page, body, previous, next, folds = false, style = "", scripts = "" } = parts;
  const policy = Object.entries({ ...POLICY, ...parts.policy }).map(([name, sources]) => `${name} ${sources}`);
  const link = (to: PageInfo | undefined, text: (title: string) => string) =>
    to === undefined ? "" : `<a href="${escapeHtml(to.file)}">${text(escapeHtml(to.title))}</a>`;
  const back = link(previous, (title) => `← ${title}`);
  const on = link(next, (title) => `${title} →`);
  const fold = folds ? '<button id="fold" type="button">Hide code</button>' : "";
  return `<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<title>${escapeHtml(page.title)}</title>
<style>
${pageAsset(root, "page.css")}${style}</style>
</head>
<body>
<header><nav class="bar"><a href="index.html">${REPORT_TITLE}</a>${back}${on}<span class="space"></span>${fold}<button id="theme" type="button">Light or dark</button></nav></header>
<main>
${body}
</main>
<footer><nav class="bar">${back}<span class="space"></span>${on}</nav></footer>
<script id="dark-inks" type="application/json">${inScript(DARK_INKS)}</script>
${scripts}<script>
${pageAsset(root, "page.js")}</script>
</body>
</html>
`;
}

/** A part of pages that is written by hand, from `reports/template/`. */
export function pageAsset(root: string, name: string): string {
  return readText(path.join(root, "src/notebook/reports/template", name));
}

/** JSON that cannot end the script element it stands in. */
export function inScript(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}
