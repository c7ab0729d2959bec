/** @file danfojs and arquero hold the rows cell by cell, and answer about them as pandas does. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { headlineTable } from "../../src/notebook/display/result-tables";
import { renderTable } from "../../src/notebook/display/table";
import { asDataFrame, asTable } from "../../src/results/data-frame";
import { openResults } from "../../src/results/open-results";
import { assertAllClose } from "../support/close";
import { golden } from "../support/reference";

type Row = Record<string, number | string | null>;
const g = golden<{
  rows: Row[];
  describe: Record<string, (number | null)[]>;
  sorted: Record<string, number[]>;
  grouped: Record<string, [string, ...(number | null)[]][]>;
}>("results/frame.json");
const nan = (values: readonly (number | null)[]) => values.map((v) => v ?? Number.NaN);
const columns = ["task", "model", "value", "aoa", "late"];

for (const [name, rows] of [
  ["rows with gaps", g.rows],
  ["the headline table of the sample world", headlineTable(openResults("sample").rows) as Row[]],
  ["the scores of three seeds", openResults("sample").rows as unknown as Row[]],
] as const) {
  test(`${name}: the same cells as DataFrame and as table, empty ones included`, () => {
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const expected = rows.map((row) => names.map((c) => row[c] ?? null));
    assert.deepEqual(asDataFrame(rows).columns, names);
    assert.deepEqual(asDataFrame(rows).values, expected);
    const objects = asTable(rows).objects() as Row[];
    assert.deepEqual(
      objects.map((row) => names.map((c) => row[c])),
      expected,
    );
    assert.deepEqual(renderTable(asDataFrame(rows)), renderTable(rows));
    assert.deepEqual(renderTable(asTable(rows)), renderTable(rows));
  });
}

test("describe counts and averages non-empty cells, as pandas does", () => {
  const described = asDataFrame(g.rows).describe();
  assert.deepEqual(described.index, ["count", "mean", "std", "min", "median", "max", "variance"]);
  for (const [column, expected] of Object.entries(g.describe)) {
    assertAllClose(described.column(column).values as number[], nan(expected), { rtol: 1e-12 }, column);
  }
});

test("sortValues puts empty cells last, up and down, as pandas; words and numbers alike", () => {
  for (const [key, expected] of Object.entries(g.sorted)) {
    const [column, ascending] = key.split(" ");
    const frame = asDataFrame(g.rows);
    assert.deepEqual(frame.sortValues(column, { ascending: ascending === "True" }).index, expected, key);
    frame.sortValues(column, { ascending: ascending === "True", inplace: true });
    assert.deepEqual(frame.index, expected, key);
  }
  assert.throws(() => asDataFrame(g.rows).sortValues("missing"), /no column "missing"; one of task, model/);
});

test("groupby leaves empty cells out of means and counts, as pandas", () => {
  for (const [operation, expected] of Object.entries(g.grouped)) {
    const grouped = asDataFrame(g.rows).groupby(["model"]).col(columns.slice(2)) as unknown as Record<
      string,
      () => { values: [string, ...number[]][] }
    >;
    const actual = grouped[operation]().values;
    expected.forEach(([key, ...numbers], i) => {
      assert.equal(actual[i][0], key);
      // pandas sums nothing to 0; danfojs and we say that there is no sum
      const want = nan(operation === "sum" ? numbers.map((v) => (v === 0 ? null : v)) : numbers);
      assertAllClose(actual[i].slice(1) as number[], want, { rtol: 1e-12 }, operation);
    });
  }
});

test("what is cut out of a frame keeps the repaired methods", () => {
  const part = asDataFrame(g.rows).loc({ columns: ["task", "aoa"] });
  assert.equal(part.describe().column("aoa").values[0], 3);
  assert.equal(part.sortValues("aoa").values.flat().at(-1), null);
});
