/** @file Pictures of unchanged figures stay, with and without a browser; those of changed figures are drawn or go. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { lineChart } from "../../../src/figures/line-chart";
import { cleanNotebook } from "../../../src/notebook/execution/clean-notebook";
import { findJupyter } from "../../../src/notebook/execution/execute";
import { type Notebook, readNotebook, writeNotebook } from "../../../src/notebook/execution/notebook-file";
import { refreshNotebooks } from "../../../src/notebook/execution/refresh";
import { findChromium } from "../../../src/notebook/images/browser";
import { pictureFaults, writeFigure } from "../../../src/notebook/images/figure-files";
import { figurePictureFault } from "../../../src/notebook/images/picture-stamp";
import { openPictures } from "../../../src/notebook/images/pictures";
import { notebookOf, scratchFolder } from "../../support/notebook";
import { temporaryFolder } from "../../support/temporary-folder";

const chromium = findChromium();
const jupyter = findJupyter();
const skip = chromium === null ? "no Chromium" : false;

const loss = (last: number) =>
  lineChart([{ name: "train", x: [0, 1], y: [7, last] }], {
    title: "Loss",
    xTitle: "update",
    yTitle: "nats",
    alt: "Loss falls",
    caption: "",
  });

test("pictures are drawn, kept while their figure stays, and removed without a browser once it changes", {
  skip,
}, async (t) => {
  const folder = temporaryFolder(t);
  const base = path.join(folder, "loss");
  const files = () => Object.fromEntries([".svg", ".png"].map((end) => [end, fs.readFileSync(base + end, "latin1")]));
  let searches = 0;
  const draw = async (last: number, browser: string | null) => {
    const said: string[] = [];
    const pictures = openPictures(
      (sentence) => said.push(sentence),
      async () => {
        searches++;
        return browser;
      },
    );
    try {
      await writeFigure(base, loss(last), pictures);
    } finally {
      await pictures.close();
    }
    return said;
  };
  assert.deepEqual(await draw(3, chromium), []);
  const first = files();
  assert.deepEqual(pictureFaults(folder), []);
  assert.ok(fs.statSync(`${base}.png`).size > 1000);
  assert.match(first[".svg"], /^<svg[^>]*><metadata>figure [0-9a-f]{16}, picture [0-9a-f]{16}<\/metadata>/);

  searches = 0;
  assert.deepEqual(await draw(3, null), []);
  assert.deepEqual(files(), first);
  assert.equal(searches, 0, "no browser is looked for where no picture is missing");

  const [sentence] = await draw(2, null);
  assert.match(sentence, /^1 new or changed figures have no picture, because no browser was found; 0 unchanged/);
  assert.deepEqual(fs.readdirSync(folder), ["loss.json"]);
  assert.deepEqual(pictureFaults(folder), ["loss.json: there is no SVG", "loss.json: there is no PNG"]);

  assert.deepEqual(await draw(2, chromium), []);
  assert.deepEqual(pictureFaults(folder), []);
  fs.writeFileSync(`${base}.svg`, first[".svg"], "latin1");
  assert.deepEqual(pictureFaults(folder), ["loss.json: the SVG shows another figure than the data beside it"]);
});

test("a run without a browser keeps the pictures of unchanged figures in a notebook and says what is missing", {
  skip: jupyter === null ? "no Jupyter" : skip,
}, async () => {
  const { folder, remove } = scratchFolder("pictures");
  try {
    const file = path.join(folder, "00-test.ipynb");
    const cells = [3, 2].map(
      (last) =>
        `import { lineChart, show } from "./src/index";\n` +
        `show(lineChart([{ name: "train", x: [0, 1], y: [7, ${last}] }], ` +
        `{ title: "Loss", xTitle: "update", yTitle: "nats", alt: "Loss falls", caption: "" }));`,
    );
    const run = async (browser: string | null) => {
      const said: string[] = [];
      const report = (sentence: string) => said.push(sentence);
      const pictures = openPictures(report, async () => browser);
      await refreshNotebooks([file], { jupyter: jupyter as string, report, pictures });
      return said;
    };
    const outputs = () => readNotebook(file).cells.map((cell) => cell.outputs?.[0].data ?? {});
    writeNotebook(file, cleanNotebook(notebookOf(cells) as unknown as Notebook));
    await run(chromium);
    const before = fs.readFileSync(file, "utf8");
    assert.deepEqual(outputs().map(figurePictureFault), [null, null]);
    assert.deepEqual(
      Object.keys(outputs()[0]).filter((mime) => mime.startsWith("image/")),
      ["image/png", "image/svg+xml"],
    );

    assert.deepEqual(await run(null), []);
    assert.equal(fs.readFileSync(file, "utf8"), before);

    const changed = readNotebook(file);
    changed.cells[1].source = cells[1].replace("[7, 2]", "[7, 1]");
    writeNotebook(file, changed);
    assert.match((await run(null))[0], /^1 new or changed figures have no picture.*; 1 unchanged figures keep theirs/);
    assert.deepEqual(outputs().map(figurePictureFault), [null, "the figure has no picture"]);
  } finally {
    remove();
  }
});
