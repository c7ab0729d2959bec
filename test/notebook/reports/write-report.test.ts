/** @file The report opened from the disk in a browser that reaches no network: light, dark, phone, no JavaScript, print. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { attentionFigure } from "../../../src/figures/attention-map";
import { dumbbellPlot } from "../../../src/figures/dumbbell-plot";
import type { Figure } from "../../../src/figures/figure";
import { figure6 } from "../../../src/figures/paper-figures";
import { slopeChart } from "../../../src/figures/slope-chart";
import { captionMarkdown, figureJson, literal, PLOTLY_MIME } from "../../../src/notebook/display/show";
import { renderTable } from "../../../src/notebook/display/table";
import { findJupyter } from "../../../src/notebook/execution/execute";
import { type Notebook, type NotebookCell, writeNotebook } from "../../../src/notebook/execution/notebook-file";
import { buildReport } from "../../../src/notebook/reports/write-report";
import { scoreRows } from "../../../src/results/frame";
import { projectRoot } from "../../../src/util/project-root";
import { fixtureRuns } from "../../support/fixture-runs";
import { scratchFolder } from "../../support/notebook";
import {
  type BrowserScope,
  clickEveryControl,
  crowdedTexts,
  NOTHING,
  openBrowser,
  skipWithoutBrowser,
} from "../../support/page-visit";

const jupyter = findJupyter();
const skip = jupyter === null ? "no jupyter" : skipWithoutBrowser;
const { folder, remove } = scratchFolder("report");
const report = path.join(folder, "report");
let browser: Awaited<ReturnType<typeof openBrowser>>;
after(async () => {
  await browser?.close();
  remove();
});

/** Markup, handlers, the end of a script, and an override of the writing direction that is never closed. */
const HOSTILE =
  '<img src="https://example.org/x.png" onerror="document.title=1"></script><script>document.title=2</script>\u202etxet';
/** Any character that a file name may have. */
const HOSTILE_NAME = `01-<img src=x onerror=document.title=3> "q" & 50%#\u202e.ipynb`;
const SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
/** Too many for any page. */
const COLUMNS = Array.from({ length: 24 }, (_, i) => `a_long_column_name_${i}`);

const output = (data: Record<string, unknown>) => ({ output_type: "display_data" as const, data, metadata: {} });
const code = (source: string, outputs: NotebookCell["outputs"], tags: string[] = []): NotebookCell => ({
  cell_type: "code",
  metadata: { tags },
  source,
  execution_count: 1,
  outputs,
});
const prose = (source: string): NotebookCell => ({ cell_type: "markdown", metadata: {}, source });
const table = (rows: object[]) => {
  const { html, text } = renderTable(rows);
  return output({ "text/html": html, "text/plain": text });
};

function notebook(cells: NotebookCell[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" },
      language_info: { name: "typescript" },
    },
    cells: cells.map((cell, i) => ({ ...cell, id: `cell-${i}` })),
  };
}

function plainPage(): Notebook {
  const figure = figure6(scoreRows(fixtureRuns()), { source: "invented" });
  const { caption } = figure.layout.meta;
  return notebook([
    prose(
      "# 00 · A page\n\nIts *first* paragraph, where $x_1 < 2$, $L$ and `$not$` is code; it costs \\$5.\n\n$$\\frac{a}{b}$$\n\n```\n├─► " +
        "a drawing made of text, with lines that are wider than a phone\n└─► of which none may be broken\n```",
    ),
    prose("## Figure 6: all tasks"),
    code("const x = 1; // code", [
      output({ [PLOTLY_MIME]: figureJson(figure), "text/plain": figure.layout.meta.alt, "image/svg+xml": SVG }),
      output({ "text/markdown": captionMarkdown(caption), "text/plain": caption }),
      table([{ task: "BLiMP", ...Object.fromEntries(COLUMNS.map((name, i) => [name, i / 7])) }]),
    ]),
    code("say(true, 'x');", [output({ "text/markdown": "Merged is **below** base.", "text/plain": "" })], ["finding"]),
  ]);
}

function hostilePage(): Notebook {
  const trace = { type: "bar", name: HOSTILE, x: [HOSTILE, "b"], y: [1, 2], text: [HOSTILE, "b"] };
  const layout = { title: { text: HOSTILE, subtitle: { text: HOSTILE } }, meta: { alt: HOSTILE, caption: HOSTILE } };
  const drawn = { data: [trace, { ...trace, name: "b" }], layout: { ...layout, height: 300, showlegend: true } };
  return notebook([
    prose("# 01 · Hostile"),
    code(`const text = ${JSON.stringify(HOSTILE)};`, [
      output({ [PLOTLY_MIME]: drawn, "text/plain": HOSTILE }),
      output({ "text/markdown": captionMarkdown(HOSTILE), "text/plain": HOSTILE }),
      table([{ [HOSTILE]: HOSTILE, value: 0.5, ...Object.fromEntries(COLUMNS.map((name) => [name, HOSTILE])) }]),
      output({ "text/plain": HOSTILE }),
      output({ "text/markdown": `Before ${literal(HOSTILE)} afterwards.`, "text/plain": "" }),
      { output_type: "stream", name: "stdout", text: HOSTILE },
      { output_type: "error", ename: HOSTILE, evalue: HOSTILE, traceback: [HOSTILE] },
    ]),
  ]);
}

/** Committed figures and others: rows with long names, named dots, bars, curves, slopes, dumbbells, heat maps. */
function widePage(): Notebook {
  const committed = [
    "paper/statements",
    "study/fig-1-length-distribution",
    "study/fig-2-fine-tuning",
    "study/fig-6-all-tasks-z",
    "study/learning-curves",
  ].map((name) => JSON.parse(fs.readFileSync(path.join(projectRoot(), "figures", `${name}.json`), "utf8")) as Figure);
  const words = { title: "", alt: "", caption: "" };
  const style = { colour: "#0072b2", pattern: "" as const, symbol: "circle" as const };
  const slopes = slopeChart(
    ["BoolQ", "MultiRC", "RTE", "WSC", "MRPC", "QQP", "MNLI"].map((title) => ({
      title,
      level: 0.5,
      lines: ["wide base", "wide merged"].map((name) => ({ name, style, before: 0.4, after: 0.6 })),
    })),
    { ...words, conditions: ["first", "last"], valueTitle: "accuracy", levelName: "majority class", range: [0, 1] },
  );
  const dumbbells = dumbbellPlot(
    ["eye tracking, variance explained (%)", "self-paced reading, variance explained (%)"].map((valueTitle) => ({
      valueTitle,
      rows: ["wide base", "narrow merged"].map((name) => ({ name, colour: "#0072b2", before: 0.1, after: 2 })),
    })),
    { ...words, conditions: ["without the blank", "with the blank"] },
  );
  const tokens = ["The", "\u2423judge", "\u2423who", "\u2423lives", "\u2423here", "."];
  const weights = tokens.map((_, i) => tokens.map((_, j) => (j > i ? 0 : 1 / (i + 1))));
  const heads = attentionFigure(
    ["layer 1, head 1", "layer 1, head 2", "layer 2, head 1"].map((title) => ({ title, weights })),
    tokens,
    { title: "", source: "invented" },
  );
  return notebook([
    prose("# 03 · Wide figures"),
    ...[...committed, slopes, dumbbells, heads].map((figure) =>
      code("figure", [output({ [PLOTLY_MIME]: figureJson(figure), "text/plain": "" })]),
    ),
  ]);
}

const pageOf = (name: string) => pathToFileURL(path.join(report, name)).href;
const PLAIN = "00-a-page.html";
const WIDE = "03-wide.html";
const HOSTILE_PAGE = HOSTILE_NAME.replace(".ipynb", ".html");

before(async () => {
  if (skip !== false || jupyter === null) return;
  const files = ["00-a-page.ipynb", HOSTILE_NAME, "03-wide.ipynb"].map((name) => path.join(folder, name));
  [plainPage(), hostilePage(), widePage()].forEach((page, i) => {
    writeNotebook(files[i], page);
  });
  await buildReport({ notebooks: files, outputFolder: report, jupyter });
  browser = await openBrowser();
});

const drawn = (page: Page) => page.waitForSelector("figure.drawn .main-svg");
/** Pixels by which the page, and anything on it, is wider than its box. */
const overflow = (page: Page) =>
  page.evaluate(() => {
    const { document } = globalThis as BrowserScope;
    const boxes = [document.documentElement, ...document.querySelectorAll("main *:not(svg *)")];
    return Math.max(...boxes.filter((box) => box.clientWidth > 0).map((box) => box.scrollWidth - box.clientWidth));
  });

test("a page draws its figure, requests nothing and violates nothing, whatever is clicked", { skip }, async () => {
  const seen = await browser.visit(pageOf(PLAIN), async (page) => {
    await drawn(page);
    const clicked = await clickEveryControl(page);
    return {
      clicked,
      title: await page.title(),
      label: await page.locator("figure [role=img]").first().getAttribute("aria-label"),
      pdf: (await page.pdf()).length,
    };
  });
  assert.deepEqual(seen.witnessed, NOTHING);
  assert.equal(seen.title, "00 · A page");
  assert.match(seen.label ?? "", /Figure 6\. All tasks: z-scores/);
  assert.ok(seen.pdf > 10_000);
  for (const control of ["Hide code", "light theme", "Code 1", "Download plot as a PNG", "Zoom in"]) {
    assert.ok(
      seen.clicked.some((label) => label.includes(control)),
      `${control} is not among ${seen.clicked.join(", ")}`,
    );
  }
  assert.ok(!seen.clicked.some((label) => /share|cloud|chart studio|plotly/i.test(label)), seen.clicked.join(", "));
});

test("a dot under the pointer marks the dots of the same task in every box", { skip }, async () => {
  const seen = await browser.visit(pageOf(PLAIN), async (page) => {
    await drawn(page);
    const larger = () =>
      page.evaluate(() => {
        const plot = (globalThis as BrowserScope).document.querySelector("figure .plot");
        const dots = plot.data.filter((trace: BrowserScope) => trace.mode === "markers");
        const tasks = dots.flatMap((trace: BrowserScope) =>
          trace.customdata.filter((_: string, i: number) => [trace.marker.size].flat()[i] > 7),
        );
        return { boxes: dots.length as number, tasks: tasks as string[] };
      });
    const emit = (event: string) =>
      page.evaluate((event) => {
        const plot = (globalThis as BrowserScope).document.querySelector("figure .plot");
        plot.emit(event, { points: [{ customdata: "RTE" }] });
      }, event);
    await emit("plotly_hover");
    const on = await larger();
    await emit("plotly_unhover");
    return { on, off: await larger() };
  });
  assert.deepEqual(seen.witnessed, NOTHING);
  assert.equal(seen.on.boxes, 8);
  assert.deepEqual(seen.on.tasks, new Array(8).fill("RTE"));
  assert.deepEqual(seen.off.tasks, []);
});

test("hostile data, names and files stay text and keep their direction to themselves", { skip }, async () => {
  const seen = await browser.visit(pageOf(HOSTILE_PAGE), async (page) => {
    await drawn(page);
    const clicked = await clickEveryControl(page);
    assert.ok(
      clicked.some((label) => label.startsWith("rect")),
      "the legend is among what was clicked",
    );
    const text = (selector: string) => page.locator(selector).allTextContents();
    const left = async (word: string) =>
      page.evaluate((word) => {
        const { document, NodeFilter } = globalThis as BrowserScope;
        const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const at = walker.currentNode.data.indexOf(word);
          if (at < 0) continue;
          const range = document.createRange();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          return range.getBoundingClientRect().left as number;
        }
        return Number.NaN;
      }, word);
    return {
      title: await page.title(),
      images: await page.locator("[src^=http], [href^=http], [srcset], main img:not([src^='data:'])").count(),
      legend: await page.locator(".legendtext").count(),
      scripts: await page.locator("main script:not([type='application/json'])").count(),
      cells: await text("tbody td:first-child"),
      output: await text("pre.plain, pre.stdout, pre.error"),
      spans: await text("p code"),
      caption: await text("figcaption"),
      heading: await text("figure h4"),
      directions: [await left("Before "), await left(" afterwards")],
      next: await page.locator("footer a").first().getAttribute("href"),
    };
  });
  assert.deepEqual(seen.witnessed, NOTHING);
  assert.equal(seen.title, "01 · Hostile");
  assert.equal(seen.images, 0);
  assert.equal(seen.scripts, 0);
  assert.equal(seen.legend, 2);
  assert.deepEqual(seen.cells, [HOSTILE]);
  assert.deepEqual(seen.output, [HOSTILE, HOSTILE, HOSTILE]);
  assert.deepEqual(seen.spans, [HOSTILE]);
  assert.deepEqual(seen.caption, [HOSTILE]);
  assert.deepEqual(seen.heading, [HOSTILE]);
  assert.ok(seen.directions[1] > seen.directions[0], String(seen.directions));
  assert.equal(seen.next, PLAIN);
});

test("the witness itself sees a request and a violation", { skip }, async () => {
  const seen = await browser.visit(pageOf("index.html"), async (page) => {
    await page.evaluate(() => {
      const { document } = globalThis as BrowserScope;
      document.body.innerHTML +=
        '<img src="https://example.org/x.png"><b onclick="document.title = 1" class="trap">x</b>';
    });
    await page.click(".trap");
    await page.goto("https://example.org/").catch(() => {});
    return { title: await page.title() };
  });
  assert.notEqual(seen.title, "1");
  assert.deepEqual(seen.witnessed.violations.sort(), [
    "VIOLATION img-src https://example.org/x.png ",
    "VIOLATION script-src-attr inline ",
  ]);
  assert.ok(seen.witnessed.requests.includes("https://example.org/"));
});

test("formulas are drawn without a network; code and prices are no formulas", { skip }, async () => {
  const seen = await browser.visit(pageOf(PLAIN), async (page) => ({
    labels: await page.locator("[role=math]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label"))),
    widths: await page.locator("[role=math] svg").evaluateAll((all) => all.map((one) => one.clientWidth)),
    code: await page.locator("p code").allTextContents(),
    prose: await page.locator("section.prose p").first().textContent(),
  }));
  assert.deepEqual(seen.labels, ["x_1 < 2", "L", "\\frac{a}{b}"]);
  assert.ok(seen.widths.every((width) => width > 5));
  assert.deepEqual(seen.code, ["$not$"]);
  assert.match(seen.prose ?? "", /it costs \$5\.$/);
});

test("titles and captions occur once, and no column of a table is cut off", { skip }, async () => {
  const look = async (page: Page) => {
    await drawn(page);
    return {
      titles: await page.locator("figure h4").count(),
      captions: await page.getByText("Source: invented").count(),
      caption: (await page.locator("figcaption").textContent()) ?? "",
      overflow: await overflow(page),
      ...(await page.locator(".prose pre").evaluate((drawing) => {
        const { getComputedStyle } = globalThis as BrowserScope;
        const { paddingTop, lineHeight, fontSize } = getComputedStyle(drawing);
        const lines = Math.round(
          (drawing.clientHeight - 2 * Number.parseFloat(paddingTop)) / Number.parseFloat(lineHeight),
        );
        return { lines, letter: Number.parseFloat(fontSize) as number };
      })),
      buttons: await page.locator(".modebar-btn").count(),
      table: await page.locator(".table").evaluate((box) => ({ scrolls: box.scrollWidth - box.clientWidth })),
      first: await page
        .locator(".table td")
        .first()
        .evaluate((cell) => {
          const box = cell.closest(".table");
          if (box !== null) box.scrollLeft = 10_000;
          return box === null ? Number.NaN : cell.getBoundingClientRect().left - box.getBoundingClientRect().left;
        }),
      last: await page.locator(".table td").last().textContent(),
      lastLabel: await page
        .locator(".table td")
        .last()
        .evaluate((cell) => {
          const { getComputedStyle } = globalThis as BrowserScope;
          return String(getComputedStyle(cell, "::before").content);
        }),
    };
  };
  const desktop = await browser.visit(pageOf(PLAIN), look, { viewport: { width: 1280, height: 900 } });
  assert.equal(desktop.titles, 0, "the heading above names figure 6 already");
  assert.equal(desktop.captions, 1);
  assert.ok(!desktop.caption.startsWith("All tasks: z-scores."), desktop.caption);
  assert.ok(desktop.table.scrolls > 0, "the table is wider than the page");
  assert.ok(Math.abs(desktop.first) < 2, "its first column stays");
  assert.equal(desktop.last, "3.286");
  assert.ok(desktop.buttons > 0);
  const phone = await browser.visit(pageOf(PLAIN), look, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  assert.equal(phone.buttons, 0, "plotly's buttons would cover the titles of panels");
  assert.equal(phone.overflow, 0, "nothing scrolls sideways on a phone");
  assert.equal(phone.lines, 2, "lines of the drawing");
  assert.ok(phone.letter < desktop.letter, `${phone.letter}, ${desktop.letter}`);
  assert.match(phone.lastLabel, /a_long_column_name_23/);
  assert.deepEqual(phone.witnessed, NOTHING);
});

test("on a phone and on a desktop no text of a figure covers another one or leaves the figure", { skip }, async () => {
  const look = async (page: Page) => {
    const count = await page.locator("figure").count();
    await page.waitForFunction((count) => {
      const { document } = globalThis as BrowserScope;
      return document.querySelectorAll("figure[data-fitted]").length === count;
    }, count);
    const crowded = await crowdedTexts(page);
    const texts = await page.locator("figure .plot svg text").count();
    await page.evaluate(() => {
      const { document, Plotly } = globalThis as BrowserScope;
      for (const figure of document.querySelectorAll("figure")) {
        const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
        Plotly.react(figure.querySelector(".plot"), data, layout);
      }
    });
    return { count, crowded, texts, asDrawn: (await crowdedTexts(page)).length };
  };
  for (const [width, fewest] of [
    [390, 50],
    [1280, 0],
  ]) {
    const seen = await browser.visit(pageOf(WIDE), look, { viewport: { width, height: 844 } });
    assert.equal(seen.count, 8);
    assert.ok(seen.texts > 300, `only ${seen.texts} texts`);
    assert.equal(seen.crowded.slice(0, 20).join("\n"), "", `at ${width} pixels`);
    assert.ok(seen.asDrawn >= fewest, `only ${seen.asDrawn} texts are crowded without the layout for phones`);
    assert.deepEqual(seen.witnessed, NOTHING);
  }
});

test("the theme is the system's until the reader chooses, and then remembered", { skip }, async () => {
  const ground = (page: Page) =>
    page.evaluate(() => {
      const { document, getComputedStyle } = globalThis as BrowserScope;
      return String(getComputedStyle(document.body).backgroundColor);
    });
  const [WHITE, BLACK] = ["rgb(255, 255, 255)", "rgb(20, 24, 29)"];
  const seen = await browser.visit(
    pageOf("index.html"),
    async (page) => {
      const system = await ground(page);
      await page.click("#theme");
      const chosen = await ground(page);
      await page.goto(pageOf(PLAIN));
      const next = await ground(page);
      const label = await page.locator("#theme").getAttribute("aria-label");
      return { system, chosen, next, label };
    },
    { colorScheme: "dark" },
  );
  assert.deepEqual([seen.system, seen.chosen, seen.next], [BLACK, WHITE, WHITE]);
  assert.equal(seen.label, "Switch to the dark theme");
  assert.deepEqual(seen.witnessed, NOTHING);
});

test("without JavaScript and on paper the pictures are shown, with their title once", { skip }, async () => {
  const seen = await browser.visit(
    pageOf(PLAIN),
    async (page) => ({
      picture: await page.locator("figure > img").isVisible(),
      words: await page.locator("figure > h4, figure > .subtitle").evaluateAll((all) => all.length),
      shown: await page.locator("figure > .subtitle").isVisible(),
    }),
    { javaScriptEnabled: false },
  );
  assert.equal(seen.picture, true);
  assert.equal(seen.shown, false);
  const paper = await browser.visit(pageOf(PLAIN), async (page) => {
    await drawn(page);
    await page.emulateMedia({ media: "print" });
    return {
      picture: await page.locator("figure > img").isVisible(),
      plot: await page.locator("figure .scroll").isVisible(),
      subtitle: await page.locator("figure > .subtitle").isVisible(),
    };
  });
  assert.deepEqual([paper.picture, paper.plot, paper.subtitle], [true, false, false]);
});

test("the index has a card per page, findings, a citation and links to the paper alone", { skip }, async () => {
  const look = async (page: Page) => ({
    cards: await page.locator(".cards li").allTextContents(),
    thumbnails: await page.locator(".cards img").count(),
    links: await page.locator("main a").evaluateAll((all) => all.map((link) => link.getAttribute("href"))),
    findings: await page.locator(".findings li").allTextContents(),
    citation: await page.locator("pre").first().textContent(),
    clicked: await clickEveryControl(page),
    overflow: await overflow(page),
  });
  const seen = await browser.visit(pageOf("index.html"), look, { viewport: { width: 390, height: 844 } });
  assert.deepEqual(seen.witnessed, NOTHING);
  assert.match(seen.cards[0], /00 A page.*Its first paragraph/s);
  assert.equal(seen.thumbnails, 1);
  assert.deepEqual(seen.links, [
    "https://aclanthology.org/2025.babylm-main.30/",
    "https://arxiv.org/abs/2510.25364",
    PLAIN,
    encodeURIComponent(HOSTILE_PAGE),
    WIDE,
  ]);
  assert.deepEqual(seen.findings, ["Merged is below base."]);
  assert.match(seen.citation ?? "", /@inproceedings\{capone-etal-2025-class/);
  assert.equal(seen.overflow, 0);
});

test("a policy lists what a page runs by digest: nothing inline besides, no address", { skip }, () => {
  for (const name of [PLAIN, HOSTILE_PAGE, "index.html"]) {
    const html = fs.readFileSync(path.join(report, name), "utf8");
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    assert.match(policy, /^default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+'/);
    assert.ok(!/unsafe-inline|unsafe-eval|https?:|file:|\*/.test(policy), policy);
    assert.equal(/strict-dynamic|unsafe-hashes|blob:/.test(policy), name !== "index.html", `${name}: ${policy}`);
  }
});

test("a notebook that was not run, and a formula that cannot be read, are refused by name", { skip }, async () => {
  const refused = async (broken: Notebook) => {
    const file = path.join(folder, "02-broken.ipynb");
    writeNotebook(file, broken);
    await buildReport({ notebooks: [file], outputFolder: folder, jupyter: jupyter as string });
  };
  const idle = plainPage();
  idle.cells[2].execution_count = null;
  await assert.rejects(refused(idle), /02-broken\.ipynb: cell 3 has not been run/);
  const wrong = notebook([prose("# T\n\n$\\frac{a$")]);
  await assert.rejects(
    refused(wrong),
    /02-broken\.ipynb: the formula "\\\\frac\{a" is not readable: Missing close brace/,
  );
});
