/** @file Names of earlier cells in later cells: as values, as property names, in patterns and in classes. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { errorOf, runCells, scratchFolder, skipWithoutJupyter, type TestCell, textOf } from "../support/notebook";

const skip = skipWithoutJupyter;
const { folder, remove } = scratchFolder("kernel-names");
after(remove);

/** What each cell prints. The first one declares; `start` is a variable and a property. */
const CELLS: [code: string, prints: string][] = [
  [
    [
      "interface Span { start: number; end: number }",
      "class Box { start = 5; grow() { return this.start + 1; } }",
      "const rows = [{ start: 1, end: 4 }, { start: 3, end: 9 }];",
      "const nested = [{ inner: { start: 8 } }];",
      "let start = 100;",
    ].join("\n"),
    "",
  ],
  ["console.log({ start });", "{ start: 100 }"],
  ["const gap = ({ start: a }: Span, { start: b }: Span) => b - a;\nconsole.log(gap(rows[0], rows[1]));", "2"],
  ["console.log(rows.map(({ start: a, end: b }) => b - a));", "[ 3, 6 ]"],
  ["console.log(nested.map(({ inner: { start: deep } }) => deep), gap(rows[1], rows[0]));", "[ 8 ] -2"],
  ["const { start: first, ...others } = rows[0];\nconsole.log(first, others);", "1 { end: 4 }"],
  ["let p = 0, q = 0;\n({ start: p, end: q } = rows[1]);\nconsole.log(p, q);", "3 9"],
  ["({ start = 7 } = {} as Partial<Span>);\nconsole.log(start);", "7"],
  ["const { start: t = start } = {} as Partial<Span>;\nstart++;\nconsole.log(t, start);", "7 8"],
  ["class Big extends Box { override start = start; }\nconsole.log(new Big().grow(), new Box().grow());", "9 6"],
  ["const o = { start() { return start; } };\nconsole.log(o.start(), rows[0].start, o?.start());", "8 1 8"],
  ["for (const { start: z } of rows) console.log(z);", "1\n3"],
];

let cells: TestCell[] = [];
before(async () => {
  if (skip === false) {
    cells = await runCells(
      folder,
      CELLS.map(([code]) => code),
    );
  }
});

for (const [i, [code, prints]] of CELLS.entries()) {
  test(`a later cell: ${code.split("\n")[0]}`, { skip }, () => {
    assert.deepEqual(errorOf(cells[i])?.traceback ?? [], []);
    assert.equal(textOf(cells[i]).trimEnd(), prints);
  });
}
