/**
 * @file The report: a folder of HTML pages, one a notebook and an index, that needs nothing outside the folder.
 *
 * nbconvert turns prose and code into HTML (template in src/notebook/jupyter/nbconvert/); figures, tables and the page
 * around them are made here. A page asks for no address: its content security policy forbids it, and plotly.js lies
 * beside the pages. Without JavaScript the pages show static pictures. Text from data and models was escaped when it was
 * displayed; the words of figures are escaped here.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import escapeHtml from "escape-html";
import type { Figure } from "../../figures/figure";
import { writeFileAtomic } from "../../util/atomic-file";
import { projectRoot } from "../../util/project-root";
import { readText } from "../../util/text-file";
import { PLOTLY_MIME } from "../display/show";
import { nbconvert } from "../execution/execute";
import { joined, type Notebook, readNotebook, writeNotebook } from "../execution/notebook-file";
import { notebookName } from "../execution/refresh";
import { minifiedPlotly } from "./bundle";
import { htmlPage, inScript, type PageInfo, REPORT_TITLE } from "./page";

export interface ReportOptions {
  /** Executed notebooks, in the order of the index. */
  notebooks: readonly string[];
  outputFolder: string;
  jupyter: string;
  root?: string;
  /** Pages made elsewhere that the index should list; `file` lies in the output folder. */
  extraPages?: readonly PageInfo[];
}

/** @returns the files written, the index first @throws Error naming a notebook that was not executed */
export async function buildReport(options: ReportOptions): Promise<string[]> {
  const root = options.root ?? projectRoot();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-report-"));
  try {
    const pages = options.notebooks.map((file) => {
      const notebook = readNotebook(file);
      checkExecuted(file, notebook);
      const copy = path.join(scratch, path.basename(file));
      writeNotebook(copy, forReport(notebook));
      return { copy, ...describe(file, notebook) };
    });
    await nbconvert(root, options.jupyter, [
      "--to=html",
      "--template=report",
      `--output-dir=${scratch}`,
      ...pages.map((p) => p.copy),
    ]);
    writeFileAtomic(path.join(options.outputFolder, "plotly.js"), await minifiedPlotly(root));
    const written = pages.map((page, i) => {
      const body = readText(path.join(scratch, `${notebookName(page.copy)}.html`));
      const target = path.join(options.outputFolder, page.file);
      const scripts = body.includes("<figure data-plotly") ? '<script src="plotly.js"></script>\n' : "";
      const [previous, next] = [pages[i - 1], pages[i + 1]];
      writeFileAtomic(target, htmlPage({ root, page, body, previous, next, folds: true, scripts }));
      return target;
    });
    const index = path.join(options.outputFolder, "index.html");
    const listed = [...pages, ...(options.extraPages ?? [])];
    const page = { file: "index.html", title: REPORT_TITLE, about: "" };
    writeFileAtomic(index, htmlPage({ root, page, body: indexBody(listed) }));
    return [index, ...written];
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

function checkExecuted(file: string, notebook: Notebook): void {
  const idle = notebook.cells.findIndex(
    (c) => c.cell_type === "code" && joined(c.source).trim() !== "" && c.execution_count == null,
  );
  if (idle >= 0) {
    throw new Error(`${file}: cell ${idle + 1} has not been run; run "npm run class-it -- notebooks run" first`);
  }
}

/** Figures and tables as HTML, links to other notebooks as links to their pages. */
function forReport(notebook: Notebook): Notebook {
  const copy = structuredClone(notebook);
  for (const cell of copy.cells) {
    if (cell.cell_type === "markdown") cell.source = toPageLinks(joined(cell.source));
    for (const output of cell.outputs ?? []) {
      const data = output.data;
      if (data === undefined) continue;
      const figure = data[PLOTLY_MIME] as Figure | undefined;
      if (figure !== undefined) {
        output.data = { "text/html": figureHtml(figure, joined(data["image/svg+xml"] as string | undefined)) };
      } else if (typeof data["text/markdown"] !== "undefined") {
        output.data = { "text/markdown": toPageLinks(joined(data["text/markdown"] as string)) };
      } else if (typeof data["text/html"] !== "undefined") {
        output.data = { "text/html": `<div class="scroll">${joined(data["text/html"] as string)}</div>` };
      }
    }
  }
  return copy;
}

/** `](02-model.ipynb)` -> `](02-model.html)`; links out of the folder of notebooks lose their address. */
export function toPageLinks(markdown: string): string {
  return markdown
    .replace(/\]\((?:\.\/)?(\d\d-[\w-]+)\.ipynb(#[^)]*)?\)/g, "]($1.html$2)")
    .replace(/\[([^\]]+)\]\((?!\d\d-[\w-]+\.html|#)[^)]*\)/g, "$1");
}

/** A figure with its words, its JSON for plotly, and its static picture for those without JavaScript and for print. */
export function figureHtml(figure: Figure, svg: string): string {
  const { meta, title } = figure.layout;
  const { text, subtitle } = (title ?? {}) as { text?: string; subtitle?: { text?: string } };
  const alt = escapeHtml(meta.alt);
  // plotly's labels are already escaped for markup: `plain()` of src/figures/figure.ts
  const heading = text === undefined ? "" : `<h4>${text}</h4>`;
  const second = subtitle?.text === undefined ? "" : `<p>${subtitle.text}</p>`;
  const minWidth = meta.minWidth === undefined ? "" : ` style="min-width:${Math.round(meta.minWidth)}px"`;
  const picture =
    svg === "" ? "" : `<img alt="${alt}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}">`;
  return (
    `<figure data-plotly>${heading}${second}` +
    `<div class="scroll" role="img" aria-label="${alt}"><div class="plot"${minWidth}></div></div>${picture}` +
    `<script type="application/json">${inScript({ data: figure.data, layout: figure.layout })}</script></figure>`
  );
}

function describe(file: string, notebook: Notebook): PageInfo {
  const first = joined(notebook.cells.find((c) => c.cell_type === "markdown")?.source);
  const title = /^# (.+)$/m.exec(first)?.[1] ?? notebookName(file);
  const about =
    first
      .replace(/^# .+$/m, "")
      .trim()
      .split(/\n\s*\n/)[0] ?? "";
  return { file: `${notebookName(file)}.html`, title, about: withoutMarkup(about) };
}

function withoutMarkup(markdown: string): string {
  return markdown
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/[*_`>]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

function indexBody(pages: readonly PageInfo[]): string {
  const items = pages.map(
    ({ file, title, about }) =>
      `<li><a href="${escapeHtml(file)}"><b>${escapeHtml(title)}</b></a><br>${escapeHtml(about)}</li>`,
  );
  return (
    `<section class="prose"><h1>${REPORT_TITLE}</h1><p>A reproduction of CLASS-IT (conversational and lecture-aligned small-scale ` +
    `instruction tuning for BabyLMs), notebook by notebook. The pages work without a network.</p>` +
    `<ol class="index">${items.join("")}</ol></section>`
  );
}
