/**
 * @file Writes the report: a self-contained folder of HTML pages, one per notebook and an index.
 *
 * nbconvert turns prose and code into HTML (template in src/notebook/jupyter/nbconvert/); figures, tables, formulas and
 * the rest of the page are made here. No page makes requests, which its content security policy forbids; plotly.js is
 * beside the pages. Without JavaScript the pages show pictures. Text from data and models was escaped when it was
 * displayed; the texts of figures are escaped here.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Figure } from "../../figures/figure";
import { writeFileAtomic } from "../../util/atomic-file";
import { messageOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";
import { readText } from "../../util/text-file";
import { captionMarkdown, PLOTLY_MIME } from "../display/show";
import { nbconvert } from "../execution/execute";
import {
  joined,
  type MultilineText,
  type Notebook,
  type Output,
  readNotebook,
  writeNotebook,
} from "../execution/notebook-file";
import { notebookName } from "../execution/refresh";
import { minifiedPlotly } from "./bundle";
import { figureHtml, pictureAddress } from "./figure-html";
import { type IndexEntry, indexBody } from "./index-page";
import { type Formulas, formulas } from "./math";
import { htmlPage, type PageInfo, pageAsset, REPORT_TITLE } from "./page";
import { tableHtml } from "./table-html";

export interface ReportOptions {
  /** Executed notebooks, in the order of the index. */
  notebooks: readonly string[];
  outputFolder: string;
  jupyter: string;
  root?: string;
  /** Further pages for the index; `file` is in the output folder. */
  extraPages?: readonly PageInfo[];
}

/** @returns the files written, the index first @throws Error naming a notebook that was not executed */
export async function buildReport(options: ReportOptions): Promise<string[]> {
  const root = options.root ?? projectRoot();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-report-"));
  try {
    const tex = await formulas();
    const pages = options.notebooks.map((file) => {
      const notebook = readNotebook(file);
      checkExecuted(file, notebook);
      const copy = path.join(scratch, path.basename(file));
      try {
        writeNotebook(copy, forReport(notebook, tex));
      } catch (error) {
        throw new Error(`${file}: ${messageOf(error)}`);
      }
      return { copy, figures: figuresIn(notebook).length > 0, ...entryOf(file, notebook) };
    });
    await nbconvert(root, options.jupyter, [
      "--to=html",
      "--template=report",
      `--output-dir=${scratch}`,
      ...pages.map((p) => p.copy),
    ]);
    writeFileAtomic(path.join(options.outputFolder, "plotly.js"), await minifiedPlotly(root));
    const written = pages.map((page, i) => {
      const body = tex.put(withoutStyles(readText(path.join(scratch, `${notebookName(page.copy)}.html`))));
      const target = path.join(options.outputFolder, page.file);
      const [previous, next] = [pages[i - 1], pages[i + 1]];
      const { figures } = page;
      writeFileAtomic(target, htmlPage({ root, page, body, previous, next, folds: true, figures, style: tex.css() }));
      return target;
    });
    const index = path.join(options.outputFolder, "index.html");
    const page = { file: "index.html", title: REPORT_TITLE, about: "" };
    const body = indexBody(root, pages, options.extraPages ?? []);
    writeFileAtomic(index, htmlPage({ root, page, body, style: pageAsset(root, "index.css") }));
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

/** Figures and tables as HTML, formulas extracted, links between notebooks converted to links between pages. */
function forReport(notebook: Notebook, tex: Formulas): Notebook {
  const copy = structuredClone(notebook);
  let heading = ""; // the last one above
  for (const cell of copy.cells) {
    if (cell.cell_type === "markdown") {
      const source = joined(cell.source);
      heading = [...source.matchAll(/^#{1,4} +(.+)$/gm)].pop()?.[1] ?? heading;
      cell.source = tex.take(toPageLinks(source));
      continue;
    }
    const outputs = cell.outputs ?? [];
    cell.outputs = outputs.flatMap((output, i) => {
      if (output.data === undefined) return [output];
      if (isCaptionOf(outputs[i - 1], output)) return [];
      return [{ ...output, data: forPage(output.data, heading, isCaptionOf(output, outputs[i + 1]), tex) }];
    });
  }
  return copy;
}

type Bundle = NonNullable<Output["data"]>;

function forPage(data: Bundle, heading: string, caption: boolean, tex: Formulas): Bundle {
  const text = (mime: string) => joined(data[mime] as MultilineText | undefined);
  if (data[PLOTLY_MIME] !== undefined) return { "text/html": figureHtml(data, heading, caption) };
  if (data["text/markdown"] !== undefined) return { "text/markdown": tex.take(toPageLinks(text("text/markdown"))) };
  if (data["text/html"] !== undefined) return { "text/html": tableHtml(text("text/html"), text("text/plain")) };
  return data;
}

/** `show()` puts a figure's caption into the next output. */
function isCaptionOf(figure: Output | undefined, output: Output | undefined): boolean {
  const caption = (figure?.data?.[PLOTLY_MIME] as Figure | undefined)?.layout?.meta?.caption;
  const text = joined(output?.data?.["text/markdown"] as MultilineText | undefined);
  return caption !== undefined && caption !== "" && text === captionMarkdown(caption);
}

/** `](02-model.ipynb)` -> `](02-model.html)`; links out of the folder of notebooks lose their address. */
export function toPageLinks(markdown: string): string {
  return markdown
    .replace(/\]\((?:\.\/)?(\d\d-[\w-]+)\.ipynb(#[^)]*)?\)/g, "]($1.html$2)")
    .replace(/\[([^\]]+)\]\((?!\d\d-[\w-]+\.html|#)[^)]*\)/g, "$1");
}

/** nbconvert's highlighter writes a style into its element, which the page's policy does not allow. */
function withoutStyles(html: string): string {
  return html.replace(/(<(?:div|pre|span)\b[^>]*?) style="[^"]*"/g, "$1");
}

function entryOf(file: string, notebook: Notebook): IndexEntry {
  const first = joined(notebook.cells.find((c) => c.cell_type === "markdown")?.source);
  const title = /^# (.+)$/m.exec(first)?.[1] ?? notebookName(file);
  const about =
    first
      .replace(/^# .+$/m, "")
      .trim()
      .split(/\n\s*\n/)[0] ?? "";
  const chosen = notebook.cells.filter((cell) => cell.metadata.tags?.includes("thumbnail"));
  const picture = [...figuresIn({ ...notebook, cells: chosen }), ...figuresIn(notebook)]
    .map((data) => pictureAddress(data, "png"))
    .find((address) => address !== null);
  return {
    file: `${notebookName(file)}.html`,
    title: withoutMarkup(title),
    about: withoutMarkup(about),
    findings: findingsIn(notebook),
    picture: picture ?? null,
  };
}

function figuresIn(notebook: Notebook): Bundle[] {
  return notebook.cells.flatMap((cell) =>
    (cell.outputs ?? []).flatMap(({ data }) => (data?.[PLOTLY_MIME] === undefined ? [] : [data])),
  );
}

/** The sentences shown by cells with the tag `finding`. */
function findingsIn(notebook: Notebook): string[] {
  return notebook.cells
    .filter((cell) => cell.metadata.tags?.includes("finding"))
    .flatMap((cell) => cell.outputs ?? [])
    .map((output) => withoutMarkup(joined(output.data?.["text/markdown"] as MultilineText | undefined)))
    .filter((sentence) => sentence !== "");
}

function withoutMarkup(markdown: string): string {
  return markdown
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/[*_`>]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
