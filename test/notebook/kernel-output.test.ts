/** @file What a cell gives back, through nbconvert: every line, the last expression as figure or table, progress, its place in an error. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { cleanNotebook } from "../../src/notebook/execution/clean-notebook";
import { readNotebook } from "../../src/notebook/execution/notebook-file";
import { projectRoot } from "../../src/util/project-root";
import { errorOf, runCells, scratchFolder, skipWithoutJupyter, type TestCell, textOf } from "../support/notebook";

const skip = skipWithoutJupyter;
const { folder, remove } = scratchFolder("kernel-output");
after(remove);

const CELLS = {
  lines: `for (let i = 0; i < 20_000; i++) console.log("line " + i);`,
  slowLines: `for (let i = 0; i < 2_000; i++) { console.log("a " + i); console.error("b " + i); }`,
  halves: [
    `process.stdout.write(Buffer.from([0xe2, 0x82]));`,
    `process.stdout.write(Buffer.from([0xac]));`,
    `await new Promise<void>((resolve) => process.stdout.write(" written", () => resolve()));`,
  ].join("\n"),
  awaitCall: `await (async () => 5)()`,
  forAwait: [
    `async function* numbers() { yield 1; yield 2; }`,
    `for await (const x of numbers()) console.log(x);`,
    `const afterwards = await Promise.resolve("and await as before");`,
  ].join("\n"),
  afterAwait: `afterwards`,
  awaitInFunction: `const wrong = () => { await Promise.resolve(1); };`,
  runTimeError: `interface Unused { a: string }\n\nconst three: number = 3;\nthrow new Error(three + " is odd");`,
  declared: `function positive(x: number): number {\n  // a comment\n  if (x < 0)\n    throw new RangeError("negative");\n  return x;\n}`,
  later: `const one = await Promise.resolve(1);\npositive(one);\n\npositive(one - 3);`,
  inCallback: `await Promise.all([1, 2].map(async (x) => {\n  await null;\n  if (x === 2) throw new TypeError("two");\n}));`,
  failsWithImports: `import { thousands } from "./src/util/format";\nimport * as fs from "node:fs";\nthrow new Error("after its imports");`,
  usesThem: `console.log(thousands(12345), fs.existsSync("package.json"));`,
  oneBadImport: `import { nothing } from "./src/nothing";\nimport { Rng } from "./src/util/rng";`,
  usesTheOther: `typeof Rng.fromSeed`,
  wrongType: `import { basename } from "node:path";\nconst text: string = 5;`,
  usesBasename: `basename("a/b")`,
  plotly: `({ data: [{ type: "bar", y: [1, 2] }], layout: { title: { text: "Two bars" } } })`,
  figure: [
    `import { barChart, boxPlot, runStyle } from "./src/index";`,
    `boxPlot([{ name: "g", style: runStyle("wide", "base"), values: [{ label: "x", value: 1 }] }],`,
    `  { title: "t", valueTitle: "v", alt: "One point", caption: "n = 1, <b>" })`,
  ].join("\n"),
  frame: `import { DataFrame } from "danfojs-node";\nconst frame = new DataFrame([{ task: "rte", value: 0.5 }, { task: "wsc", value: null }]);\nframe`,
  column: `frame["value"]`,
  arquero: `import { table } from "arquero";\ntable({ task: ["rte"], value: [0.25] })`,
  rows: `[{ task: "<b>rte</b>", value: 0.125 }]`,
  object: `({ nested: { a: [1, 2] } })`,
  statement: `const silent = 1;`,
  nothing: `undefined`,
  order: `console.log("first"); (globalThis as any)[Symbol.for("class-it.display")]({ "text/plain": "second" }); console.log("third"); "fourth"`,
  progress: [
    `import { startProgress } from "./src/util/progress";`,
    `const progress = startProgress("training", 30);`,
    `for (let i = 1; i <= 30; i++) { await new Promise((r) => setTimeout(r, 100)); progress.update(i, "loss " + i); }`,
    `progress.stop("done");`,
    `console.log("end");`,
  ].join("\n"),
};
type Name = keyof typeof CELLS;
const names = Object.keys(CELLS) as Name[];
let cells: TestCell[] = [];
const cell = (name: Name): TestCell => cells[names.indexOf(name)];
const numberOf = (name: Name): number => names.indexOf(name) + 1;
const tracebackOf = (name: Name): string[] => errorOf(cell(name))?.traceback ?? [];
const joined = (text: unknown): string => (Array.isArray(text) ? text.join("") : String(text));

before(async () => {
  if (skip !== false) return;
  process.env.CLASS_IT_PROGRESS = "1";
  try {
    cells = await runCells(folder, Object.values(CELLS), true, 120);
  } finally {
    delete process.env.CLASS_IT_PROGRESS;
  }
});

/** The mime bundle of a cell's last expression. */
function resultOf(name: Name): Record<string, unknown> {
  const results = cell(name).outputs.filter((o) => o.output_type === "execute_result");
  assert.equal(results.length, 1, `${name}: ${JSON.stringify(cell(name).outputs)}`);
  return results[0].data ?? {};
}

test("20,000 lines arrive, every one, in order", { skip }, () => {
  assert.equal(textOf(cell("lines")), Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
});

test("lines that alternate between the two streams arrive, every one", { skip }, () => {
  for (const [name, letter] of [
    ["stdout", "a"],
    ["stderr", "b"],
  ]) {
    const text = cell("slowLines")
      .outputs.filter((o) => o.name === name)
      .map((o) => joined(o.text))
      .join("");
    assert.equal(text, Array.from({ length: 2_000 }, (_, i) => `${letter} ${i}\n`).join(""));
  }
});

test("a character written in two pieces is one character, and a write calls back", { skip }, () => {
  assert.equal(textOf(cell("halves")), "€ written");
});

test("await of a call in brackets and for await work at the top level; a later cell sees their names", { skip }, () => {
  assert.equal(joined(resultOf("awaitCall")["text/plain"]), "5");
  assert.equal(textOf(cell("forAwait")), "1\n2\n");
  assert.equal(joined(resultOf("afterAwait")["text/plain"]), "and await as before");
});

test("await inside a function that is not async is still an error", { skip }, () => {
  assert.match(errorOf(cell("awaitInFunction"))?.evalue ?? "", /line 1: 'await' expressions are only allowed within/);
});

test("a run-time error names its cell and line and shows the line", { skip }, () => {
  assert.deepEqual(tracebackOf("runTimeError"), [
    "Error: 3 is odd",
    `  throw new Error(three + " is odd");`,
    `    at cell ${numberOf("runTimeError")}, line 4`,
  ]);
});

test("an error in a function of an earlier cell names both cells, each with its line", { skip }, () => {
  assert.deepEqual(tracebackOf("later"), [
    "RangeError: negative",
    `      throw new RangeError("negative");`,
    `    at positive (cell ${numberOf("declared")}, line 4)`,
    `    at cell ${numberOf("later")}, line 4`,
  ]);
});

test("an error after an await names its line", { skip }, () => {
  assert.match(tracebackOf("inCallback").join("\n"), new RegExp(`cell ${numberOf("inCallback")}, line 3`));
});

test("a failed cell keeps its imports, whether it threw, did not type-check or another import is wrong", {
  skip,
}, () => {
  assert.equal(errorOf(cell("failsWithImports"))?.evalue, "after its imports");
  assert.equal(textOf(cell("usesThem")), "12,345 true\n");
  assert.match(errorOf(cell("oneBadImport"))?.evalue ?? "", /Cannot find module '\.\/src\/nothing'/);
  assert.equal(joined(resultOf("usesTheOther")["text/plain"]), "function");
  assert.match(errorOf(cell("wrongType"))?.evalue ?? "", /not assignable to type 'string'/);
  assert.equal(joined(resultOf("usesBasename")["text/plain"]), "b");
});

test("a plotly object as last expression is drawn, with its title for those who do not see it", { skip }, () => {
  const data = resultOf("plotly");
  const figure = data["application/vnd.plotly.v1+json"] as { data: unknown; layout: { title: unknown } };
  assert.deepEqual(figure.data, [{ type: "bar", y: [1, 2] }]);
  assert.deepEqual(figure.layout.title, { text: "Two bars" });
  assert.equal(joined(data["text/plain"]), "Two bars");
});

test("a figure of ours is drawn, and its caption follows as text", { skip }, () => {
  assert.deepEqual(Object.keys(resultOf("figure")).sort(), ["application/vnd.plotly.v1+json", "text/plain"]);
  const caption = cell("figure").outputs.find((o) => o.output_type === "display_data");
  assert.equal(joined(caption?.data?.["text/markdown"]), "*n = 1, \\<b\\>*");
});

test("danfojs, arquero and rows as last expression are tables, with gaps as gaps and markup as text", { skip }, () => {
  assert.equal(joined(resultOf("frame")["text/plain"]), "task  value\n────  ─────\nrte   0.500\nwsc       –");
  assert.equal(joined(resultOf("column")["text/plain"]), "value\n─────\n0.500\n    –");
  assert.equal(joined(resultOf("arquero")["text/plain"]), "task  value\n────  ─────\nrte   0.250");
  const html = joined(resultOf("rows")["text/html"]);
  assert.match(html, /&lt;b&gt;rte&lt;\/b&gt;/);
  assert.ok(!html.includes("<b>"));
});

test("other values are text, a statement or undefined gives nothing", { skip }, () => {
  assert.equal(joined(resultOf("object")["text/plain"]), "{ nested: { a: [ 1, 2 ] } }");
  assert.deepEqual(cell("statement").outputs, []);
  assert.deepEqual(cell("nothing").outputs, []);
});

test("outputs keep the order in which the cell made them", { skip }, () => {
  const seen = cell("order").outputs.map((o) => joined(o.text ?? o.data?.["text/plain"]).trim());
  assert.deepEqual(seen, ["first", "second", "third", "fourth"]);
});

test("a call of three seconds shows its progress on one line, which a clean notebook leaves out", { skip }, () => {
  const lines = cell("progress").outputs.filter((o) => o.output_type === "display_data");
  assert.equal(lines.length, 1);
  assert.match(joined(lines[0].data?.["text/plain"]), /^training: 3 s done$/);
  const index = names.indexOf("progress");
  const cleaned = cleanNotebook(readNotebook(path.join(folder, "test.ipynb"))).cells[index].outputs ?? [];
  assert.deepEqual(
    cleaned.map((o) => o.output_type),
    ["stream"],
  );
});

test("runs without a viewer show no progress", { skip }, async () => {
  const [quiet] = await runCells(folder, [CELLS.progress]);
  assert.deepEqual(
    quiet.outputs.map((o) => o.output_type),
    ["stream"],
  );
});

test("only one file of the kernel touches tslab", () => {
  const kernel = path.join(projectRoot(), "src/notebook/jupyter/kernels/tslab");
  const touching = fs
    .readdirSync(kernel)
    .filter((name) =>
      /node_modules\/tslab|@tslab|"tslab"|dist\/(jupyter|executor|converter)/.test(
        fs.readFileSync(path.join(kernel, name), "utf8"),
      ),
    );
  assert.deepEqual(touching, ["tslab.cjs"]);
});
