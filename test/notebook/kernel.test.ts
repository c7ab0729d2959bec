/** @file The first seven defects of stock tslab, one by one, through nbconvert; the others are in kernel-output.test.ts. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { projectRoot } from "../../src/util/project-root";
import { errorOf, runCells, scratchFolder, skipWithoutJupyter, type TestCell, textOf } from "../support/notebook";

const skip = skipWithoutJupyter;
const { folder, remove } = scratchFolder("kernel");
const here = `./${path.relative(projectRoot(), folder)}`;
after(remove);

/** One kernel for most of the checks: a kernel takes two seconds to start. */
let cells: TestCell[] = [];
const CELLS = {
  root: `import { median } from "./src/notebook/run-does-not-matter";`,
  importSrc: `import { thousands } from "./src/util/format"; console.log(thousands(1234567));`,
  throws: `const answer = 41;\nthrow new RangeError("want 42, got " + answer);`,
  afterThrow: `console.log("still here");`,
  asyncThrow: `await new Promise<void>((_, reject) => setTimeout(() => reject(new Error("later")), 5));`,
  afterAsync: `console.log("and here");`,
  floating: `Promise.reject(new Error("nobody waits")); console.log("looks fine");`,
  strict: `function first(xs: number[] | null) {\n  return xs.length;\n}`,
  implicitAny: `const id = (x) => x;`,
  badImport: `import { wrong } from "${here}/wrong"; console.log(wrong);`,
  bundle: `(globalThis as any)[Symbol.for("class-it.display")]({ "text/html": "<b>x</b>", "text/plain": "x" });`,
  warning: `process.emitWarning("mind the gap");`,
  // last, because a module that stays broken fails every later cell of a notebook that imports it
  writeModules: [
    `import * as fs from "node:fs";`,
    `fs.writeFileSync("${folder}/leaf.ts", "export const leaf = 1;\\n");`,
    `fs.writeFileSync("${folder}/importer.ts", 'import { leaf } from "./leaf"; export const twice = (): number => 2 * leaf;');`,
  ].join("\n"),
  useModules: `import { twice } from "${here}/importer"; console.log(twice());`,
  edit: `fs.writeFileSync("${folder}/leaf.ts", "export const leaf = 10; // edited\\n");`,
  useAgain: `import { twice } from "${here}/importer"; console.log(twice());`,
  retype: `fs.writeFileSync("${folder}/leaf.ts", "export const leaf = 'a string now';\\n");`,
  useRetyped: `import { twice } from "${here}/importer"; console.log(twice());`,
};
const names = Object.keys(CELLS) as (keyof typeof CELLS)[];
const cell = (name: keyof typeof CELLS): TestCell => cells[names.indexOf(name)];

before(async () => {
  if (skip !== false) return;
  fs.writeFileSync(path.join(folder, "wrong.ts"), "export const wrong: number = 'text';\n");
  cells = await runCells(folder, Object.values(CELLS));
});

test("1: a cell imports the project's modules from the root, whatever the notebook's folder", { skip }, () => {
  assert.equal(textOf(cell("importSrc")), "1,234,567\n");
});

test("2: a thrown error has its name, its message and a traceback, and the cell its number", { skip }, () => {
  const error = errorOf(cell("throws"));
  assert.equal(error?.ename, "RangeError");
  assert.equal(error?.evalue, "want 42, got 41");
  assert.deepEqual(error?.traceback, [
    "RangeError: want 42, got 41",
    `  throw new RangeError("want 42, got " + answer);`,
    "    at cell 3, line 2",
  ]);
  assert.equal(cell("throws").execution_count, 3);
  assert.equal(errorOf(cell("asyncThrow"))?.evalue, "later");
});

test("3: with errors allowed the cells after an error run, every one", { skip }, () => {
  assert.equal(textOf(cell("afterThrow")), "still here\n");
  assert.equal(textOf(cell("afterAsync")), "and here\n");
  assert.deepEqual(
    cells.map((c) => c.execution_count),
    cells.map((_, i) => i + 1),
  );
});

test("3: with errors not allowed nbconvert fails and names the error", { skip }, async () => {
  await assert.rejects(
    runCells(folder, [`throw new Error("planted");`, `console.log("not reached")`], false),
    /test\.ipynb[\s\S]*planted/,
  );
});

test("4: a rejection that nobody awaits fails its cell", { skip }, () => {
  assert.equal(errorOf(cell("floating"))?.evalue, "nobody waits");
  assert.equal(textOf(cell("floating")), "looks fine\n");
});

test("5: cells and modules are checked strictly; an error names cell or file, line and place", { skip }, () => {
  assert.match(errorOf(cell("strict"))?.evalue ?? "", /^cell 8, line 2: 'xs' is possibly 'null'/);
  assert.deepEqual(errorOf(cell("strict"))?.traceback?.slice(1), ["    return xs.length;", "           ^"]);
  assert.match(errorOf(cell("implicitAny"))?.evalue ?? "", /implicitly has an 'any' type/);
  assert.match(errorOf(cell("badImport"))?.evalue ?? "", /wrong\.ts:1: Type 'string' is not assignable/);
});

test("6: after an edit a module and its importers are loaded anew, and checked anew", { skip }, () => {
  assert.equal(textOf(cell("useModules")), "2\n");
  assert.equal(textOf(cell("useAgain")), "20\n");
  assert.match(errorOf(cell("useRetyped"))?.evalue ?? "", /importer\.ts:1: The right-hand side of an arithmetic/);
});

test("7: one display carries several mime types", { skip }, () => {
  const [output] = cell("bundle").outputs;
  assert.equal(output.output_type, "display_data");
  assert.deepEqual(Object.keys(output.data ?? {}).sort(), ["text/html", "text/plain"]);
});

test("a module that does not exist is an error that names it, and Node's warnings are not hidden", { skip }, () => {
  assert.match(errorOf(cell("root"))?.evalue ?? "", /Cannot find module '\.\/src\/notebook\/run-does-not-matter'/);
  assert.equal(textOf(cell("warning")), "Warning: mind the gap\n");
});

test("an endless cell can be interrupted, and the kernel lives on", { skip }, async () => {
  const endless = await runCells(
    folder,
    [`const started = Date.now(); while (Date.now() - started < 1e7) {}`, `console.log("alive")`],
    true,
    6,
  );
  assert.equal(errorOf(endless[0])?.ename, "Interrupted");
  assert.equal(textOf(endless[1]), "alive\n");
});
