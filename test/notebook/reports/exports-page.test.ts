/** @file The page of what a notebook can import: complete, and not stale. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import * as index from "../../../src/index";
import { EXPORTS_PAGE, exportedNames, exportsPage } from "../../../src/notebook/reports/exports-page";
import { projectRoot } from "../../../src/util/project-root";

const names = exportedNames();

test("the names are those that the module really has, each with its file", () => {
  assert.deepEqual(names.map(({ name }) => name).sort(), Object.keys(index).sort());
  for (const { file } of names) assert.ok(fs.existsSync(path.join(projectRoot(), "src", file)), file);
});

test("parameters and first sentences are those of the source", () => {
  const of = (wanted: string) => names.find(({ name }) => name === wanted);
  assert.deepEqual(of("say"), {
    name: "say",
    file: "notebook/display/say.ts",
    what: "(holds, sentence)",
    about: of("say")?.about,
  });
  assert.match(of("say")?.about ?? "", /^Show a sentence about the results/);
  assert.equal(of("Llama")?.what, "class");
  assert.equal(of("CHAT_TEMPLATE")?.what, "constant");
  assert.equal(of("initBackend")?.file, "tensor/backend.ts"); // passed on by tensor/index.ts
});

test(`${EXPORTS_PAGE} is not stale`, () => {
  const committed = fs.readFileSync(path.join(projectRoot(), EXPORTS_PAGE), "utf8");
  assert.ok(committed === exportsPage(names), 'the page is stale; run "npm run class-it -- exports"');
});
