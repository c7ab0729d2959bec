/** @file The report opened from the disk in a browser that reaches no network: light, dark, phone, no JavaScript, print. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { figure6 } from "../../../src/figures/paper-figures";
import { figureJson, PLOTLY_MIME } from "../../../src/notebook/display/show";
import { renderTable } from "../../../src/notebook/display/table";
import { findJupyter } from "../../../src/notebook/execution/execute";
import { type Notebook, writeNotebook } from "../../../src/notebook/execution/notebook-file";
import { findChromium, openOffline, type PageSettings } from "../../../src/notebook/images/browser";
import { buildReport } from "../../../src/notebook/reports/write-report";
import { scoreRows } from "../../../src/results/frame";
import { fixtureRuns } from "../../support/fixture-runs";
import { scratchFolder } from "../../support/notebook";

/** What the page's own functions need of a browser, which the compiler here does not know. */
type Styled = { getComputedStyle(element: never): { backgroundColor: string; display: string } };

const jupyter = findJupyter();
const chromium = findChromium();
const skip = jupyter === null ? "no jupyter" : chromium === null ? "no Chromium" : false;
const { folder, remove } = scratchFolder("report");
after(remove);

const HOSTILE = '<img src="https://example.org/x.png" onerror="document.title=1">';

function notebook(): Notebook {
  const figure = figure6(scoreRows(fixtureRuns()), { source: "invented" });
  const { html, text } = renderTable([{ said: HOSTILE, value: 0.5 }]);
  const output = (data: Record<string, unknown>) => ({ output_type: "display_data" as const, data, metadata: {} });
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" },
      language_info: { name: "typescript" },
    },
    cells: [
      { cell_type: "markdown", id: "a", metadata: {}, source: "# 00 · A page\n\nIts *first* paragraph." },
      {
        cell_type: "code",
        id: "b",
        metadata: {},
        source: "const x = 1; // code",
        execution_count: 1,
        outputs: [
          output({
            [PLOTLY_MIME]: figureJson(figure),
            "text/plain": figure.layout.meta.alt,
            "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
          }),
          output({ "text/html": html, "text/plain": text }),
          output({ "text/plain": HOSTILE }),
          { output_type: "stream", name: "stdout", text: HOSTILE },
        ],
      },
    ],
  };
}

let page = "";
before(async () => {
  if (skip !== false || jupyter === null) return;
  const file = path.join(folder, "00-a-page.ipynb");
  writeNotebook(file, notebook());
  await buildReport({ notebooks: [file], outputFolder: path.join(folder, "report"), jupyter });
  page = pathToFileURL(path.join(folder, "report", "00-a-page.html")).href;
});

/** What a reader with these settings finds; errors and requests are collected. */
async function visit(settings: PageSettings, url = page) {
  const browser = await openOffline(chromium as string, settings);
  try {
    const tab = await browser.context.newPage();
    tab.setDefaultTimeout(240_000); // a busy machine parses plotly.js for minutes
    tab.setDefaultNavigationTimeout(240_000);
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    tab.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await tab.goto(url);
    if (settings.javaScript !== false && url === page) await tab.waitForSelector("figure.drawn .main-svg");
    const found = await tab.locator("html").evaluate((root) => ({
      title: (root.querySelector("title") as { textContent: string } | null)?.textContent ?? "",
      ground: (globalThis as unknown as Styled).getComputedStyle(root.querySelector("body") as never).backgroundColor,
      drawn: root.querySelectorAll("figure.drawn .main-svg").length,
      pictures: [...root.querySelectorAll("figure img")].filter(
        (img) => (globalThis as unknown as Styled).getComputedStyle(img as never).display !== "none",
      ).length,
      label: root.querySelector("[role=img]")?.getAttribute("aria-label") ?? "",
      images: root.querySelectorAll("img[src^=http]").length,
      wide: root.scrollWidth - root.clientWidth,
    }));
    const pdf = settings.javaScript === false ? null : await tab.pdf();
    return { ...found, errors, refused: browser.refused, pdf };
  } finally {
    await browser.close();
  }
}

test("a page draws its figure, asks for nothing, and keeps text from data as text", { skip }, async () => {
  const seen = await visit({});
  assert.deepEqual(seen.refused, []);
  assert.deepEqual(seen.errors, []);
  assert.equal(seen.title, "00 · A page");
  assert.ok(seen.drawn > 0);
  assert.equal(seen.pictures, 0);
  assert.equal(seen.images, 0);
  assert.match(seen.label, /Figure 6\. All tasks: z-scores, over 15 tasks/);
  assert.ok((seen.pdf as Buffer).length > 10_000);
});

test("a page follows the reader's dark, and fits a phone", { skip }, async () => {
  const seen = await visit({ colorScheme: "dark", width: 390, height: 844 });
  assert.equal(seen.ground, "rgb(20, 24, 29)");
  assert.equal(seen.wide, 0);
  assert.deepEqual(seen.errors, []);
});

test("without JavaScript the static pictures stand in", { skip }, async () => {
  const seen = await visit({ javaScript: false });
  assert.equal(seen.drawn, 0);
  assert.equal(seen.pictures, 1);
});

test("the index lists the page with its first paragraph; no page names an address to load", { skip }, async () => {
  const index = fs.readFileSync(path.join(folder, "report", "index.html"), "utf8");
  assert.match(index, /<a href="00-a-page\.html"><b>00 · A page<\/b><\/a><br>Its first paragraph\./);
  const html = fs.readFileSync(path.join(folder, "report", "00-a-page.html"), "utf8");
  assert.ok(!/<[a-z][^>]*\s(src|href)="(https?:)?\/\//.test(html)); // as an attribute; as text it may stand
});

test("a notebook that was not run is refused by name and cell", { skip }, async () => {
  const idle = notebook();
  idle.cells[1].execution_count = null;
  const file = path.join(folder, "01-idle.ipynb");
  writeNotebook(file, idle);
  await assert.rejects(
    buildReport({ notebooks: [file], outputFolder: folder, jupyter: jupyter as string }),
    /01-idle\.ipynb: cell 2 has not been run/,
  );
});
