import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { parseCsv, readCsv } from "../../src/util/csv";
import { temporaryFolder } from "../support/temporary-folder";

test("CSV: quotes, commas, newlines and doubled quotes inside them, CRLF", () => {
  const rows = parseCsv('a,b\r\n"x, ""y""\nz",2\r\n\r\n,\n');
  assert.deepEqual(
    rows.map((r) => r.fields),
    [
      ["a", "b"],
      ['x, "y"\nz', "2"],
      ["", ""],
    ],
  );
  assert.deepEqual(
    rows.map((r) => r.line),
    [1, 2, 5],
  );
  assert.throws(() => parseCsv('a\n"open'), /:2: a quote is never closed/);
});

test("CSV: a missing column, a short row and a doubled column are named", (t) => {
  const folder = temporaryFolder(t, { "a.csv": "x,y\n1,2\n3\n", "b.csv": "x,x\n1,2\n" });
  assert.throws(() => readCsv(path.join(folder, "a.csv"), ["x", "z"]), /a\.csv:1: no column z; the header has x, y/);
  assert.throws(() => readCsv(path.join(folder, "a.csv"), ["x"]), /a\.csv:3: 1 fields, the header has 2/);
  assert.throws(() => readCsv(path.join(folder, "b.csv"), ["x"]), /two columns are called "x"/);
  // what a damaged header holds is shown in printable characters
  const damaged = temporaryFolder(t, { "c.csv": "x,y\0z\u202e,\u0085w\n1,2,3\n" });
  assert.throws(() => readCsv(path.join(damaged, "c.csv"), ["z"]), /no column z; the header has x, y z , {2}w$/);
});
