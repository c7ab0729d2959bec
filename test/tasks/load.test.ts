import assert from "node:assert/strict";
import { test } from "node:test";
import { BLIMP } from "../../src/tasks/blimp";
import { loadItems } from "../../src/tasks/load";
import { temporaryFolder } from "../support/temporary-folder";
import { BLIMP_ROW } from "./support/blimp-row";

test("bad rows are refused with file, line, field and remedy", (t) => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ ...BLIMP_ROW, sentence_bad: undefined }, /a\.jsonl:2: no field "sentence_bad" \(want a string\)/],
    [{ ...BLIMP_ROW, sentence_good: "  " }, /a\.jsonl:2: "sentence_good" is empty/],
    [{ ...BLIMP_ROW, UID: 7 }, /a\.jsonl:2: "UID" is 7, want a string/],
  ];
  for (const [row, message] of cases) {
    const folder = temporaryFolder(t, { "a.jsonl": `${JSON.stringify(BLIMP_ROW)}\n${JSON.stringify(row)}\n` });
    assert.throws(() => loadItems(folder, BLIMP), message);
  }
});

test("a folder without data, and a cut-off file, are errors", (t) => {
  assert.throws(() => loadItems("/nowhere/blimp", BLIMP), /no such folder/);
  assert.throws(() => loadItems(temporaryFolder(t, { "x.txt": "" }), BLIMP), /no \.jsonl file/);
  assert.throws(() => loadItems(temporaryFolder(t, { "x.jsonl": "\n" }), BLIMP), /have no rows/);
  const cut = temporaryFolder(t, { "x.jsonl": `${JSON.stringify(BLIMP_ROW)}\n{"sentence_good": "Ca` });
  assert.throws(() => loadItems(cut, BLIMP), /x\.jsonl:2: .*was the file cut off\?/);
});

test("files are read in sorted order, rows in file order; names that begin with a dot are skipped", (t) => {
  const row = (UID: string) => JSON.stringify({ ...BLIMP_ROW, UID });
  const folder = temporaryFolder(t, {
    "b.jsonl": row("b"),
    "a.jsonl": `${row("a1")}\n${row("a2")}\n`,
    "c.txt": "x",
    "._a.jsonl": "not JSON",
  });
  assert.deepEqual(
    loadItems(folder, BLIMP).map((i) => `${i.file} ${i.row} ${i.uid}`),
    ["a.jsonl 0 a1", "a.jsonl 1 a2", "b.jsonl 0 b"],
  );
});
