import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { loadReading, RESPONSES } from "../../src/tasks/reading";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

const READING_COLUMNS = `,item,word,prev_item,prev_word,Subtlex_log10,length,prev_length,context_length,${RESPONSES.join(",")}`;

test('[pipeline] reading: a context "None" is a word, a previous context "None" is missing', (t) => {
  const times = RESPONSES.map(() => "1.5").join(",");
  const rows = [`0,None,of,,,3.2,2,-1,1,${times}`, `1,None of,them,None,of,,4,2,2,${times}`];
  const folder = temporaryFolder(t, { "r.csv": [READING_COLUMNS, ...rows].join("\n") });
  const [first, second] = loadReading(path.join(folder, "r.csv"));
  assert.deepEqual([first.context, first.previous, first.contextLength], ["None", null, 1]);
  assert.deepEqual([second.context, second.previous], ["None of", null]);
  assert.ok(Number.isNaN(second.subtlexLog10));
  assert.equal(first.responses.N400, 1.5);
});

test("reading: a missing column and a word among the numbers are named", (t) => {
  const times = RESPONSES.map(() => "1.5").join(",");
  const folder = temporaryFolder(t, {
    "few.csv": "item,word\na,b\n",
    "bad.csv": `${READING_COLUMNS}\n0,a,b,,,x,2,-1,1,${times}\n`,
  });
  assert.throws(() => loadReading(path.join(folder, "few.csv")), /no column prev_item, prev_word, Subtlex_log10/);
  assert.throws(() => loadReading(path.join(folder, "bad.csv")), /row 0: Subtlex_log10 is "x", want a number/);
});

test("the real reading data: 1,726 rows, 206 without a previous word, 30 without a frequency", {
  skip: skipWithout("data/evaluation_data/full_eval/reading/reading_data.csv"),
}, () => {
  const rows = loadReading(referencePath("data/evaluation_data/full_eval/reading/reading_data.csv") as string);
  assert.equal(rows.length, 1726);
  assert.equal(rows.filter((r) => r.previous === null).length, 206);
  assert.equal(rows.filter((r) => Number.isNaN(r.subtlexLog10)).length, 30);
  assert.equal(rows[320].context, "None");
});
