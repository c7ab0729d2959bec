/** @file Thumbnails: which figure, when they are drawn anew, and that the committed ones are small and not stale. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { PLOTLY_MIME } from "../../../src/notebook/display/show";
import { notebookFiles } from "../../../src/notebook/execution/execute";
import { type Notebook, writeNotebook } from "../../../src/notebook/execution/notebook-file";
import { stampPng } from "../../../src/notebook/images/picture-stamp";
import { thumbnailFaults, thumbnailFigure, writeThumbnails } from "../../../src/notebook/images/thumbnails";
import { projectRoot } from "../../../src/util/project-root";
import { temporaryFolder } from "../../support/temporary-folder";

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
const figure = (y: number) => ({ data: [{ type: "bar", y: [y] }], layout: { meta: { alt: "a", caption: "" } } });
const notebook = (tags: string[][]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: tags.map((own, i) => ({
    cell_type: "code",
    metadata: own.length === 0 ? {} : { tags: own },
    source: "",
    execution_count: i + 1,
    outputs: [{ output_type: "display_data", data: { [PLOTLY_MIME]: figure(i) }, metadata: {} }],
  })),
});

test("the figure of the tagged cell, else the first", () => {
  assert.deepEqual(thumbnailFigure(notebook([[], ["thumbnail"]])), figure(1));
  assert.deepEqual(thumbnailFigure(notebook([[], []])), figure(0));
  assert.equal(thumbnailFigure(notebook([])), null);
});

test("a thumbnail is drawn when it is missing or stale, kept otherwise, and kept as stale without a browser", async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "00-x.ipynb");
  let drawn = 0;
  let hasBrowser = true;
  const pictures = {
    of: async (shown: object) => {
      drawn++;
      return hasBrowser ? { png: stampPng(PIXEL, shown as ReturnType<typeof figure>) } : {};
    },
    close: async () => {},
  };
  writeNotebook(file, notebook([[], []]));
  assert.deepEqual(thumbnailFaults([file], folder), ["00-x.png: there is no thumbnail"]);
  await writeThumbnails([file], folder, pictures);
  await writeThumbnails([file], folder, pictures);
  assert.equal(drawn, 1);
  assert.deepEqual(thumbnailFaults([file], folder), []);
  writeNotebook(file, notebook([[], ["thumbnail"]]));
  hasBrowser = false;
  await writeThumbnails([file], folder, pictures);
  assert.deepEqual(thumbnailFaults([file], folder), ["00-x.png: the PNG shows another figure than the data beside it"]);
});

test("the committed thumbnails are there, not stale, and 300 kB at most in all", () => {
  const thumbnails = path.join(projectRoot(), "figures", "thumbnails");
  assert.deepEqual(thumbnailFaults(notebookFiles(), thumbnails), []);
  const bytes = fs.readdirSync(thumbnails).map((name) => fs.statSync(path.join(thumbnails, name)).size);
  assert.ok(bytes.reduce((a, b) => a + b, 0) < 300_000, `${bytes}`);
});
