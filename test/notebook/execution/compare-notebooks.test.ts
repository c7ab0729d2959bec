/** @file The comparison of notebooks finds what it must find, and nothing else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanNotebook } from "../../../src/notebook/execution/clean-notebook";
import { compareNotebooks, diffJson, diffText } from "../../../src/notebook/execution/compare-notebooks";
import type { Notebook, NotebookCell, Output } from "../../../src/notebook/execution/notebook-file";

const PLOTLY = "application/vnd.plotly.v1+json";

function notebook(...cells: Partial<NotebookCell>[]): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: cells.map((cell, i) => ({
      cell_type: "code",
      metadata: {},
      source: `f(${i});`,
      execution_count: i + 1,
      outputs: [],
      ...cell,
    })),
  };
}
const stream = (text: string, name = "stdout"): Output => ({ output_type: "stream", name, text });
const display = (data: Record<string, unknown>): Output => ({ output_type: "display_data", data, metadata: {} });
const figure = (y: number) => display({ [PLOTLY]: { data: [{ y: [y] }], layout: {} }, "text/plain": "alt" });
const messages = (a: Notebook, b: Notebook) => compareNotebooks(a, b).map((d) => d.message);

test("a fresh run that equals the committed one has no differences", () => {
  const same = notebook({ outputs: [stream("loss 3.21\n"), figure(0.5)] });
  assert.deepEqual(messages(same, structuredClone(same)), []);
});

test("a planted change of one part in a thousand is found, in a figure, in a table and in printed text", () => {
  for (const [a, b] of [
    [figure(0.683), figure(0.683 * 1.001)],
    [stream("blimp 0.6830"), stream("blimp 0.6837")],
    [display({ "text/html": "<td>0.6830</td>" }), display({ "text/html": "<td>0.6837</td>" })],
  ]) {
    assert.equal(messages(notebook({ outputs: [a] }), notebook({ outputs: [b] })).length, 1);
  }
  const [difference] = compareNotebooks(notebook({ outputs: [figure(1)] }), notebook({ outputs: [figure(1.001)] }));
  assert.match(difference.message, /\$\.data\.0\.y\.0: 1 became 1\.001/);
  assert.ok(difference.figures !== undefined);
});

test("the last digit of a sum, the padding of a table and pictures do not count", () => {
  const a = notebook({
    outputs: [figure(0.1 + 0.2), stream("name    1.50\n────\nx"), display({ "image/png": "AAAA" })],
  });
  const b = notebook({ outputs: [figure(0.3), stream("name  1.50\n──\nx"), display({ "image/png": "BBBB" })] });
  assert.deepEqual(messages(a, b), []);
});

test("a cell that failed, did not run, warned or wrote something else is named", () => {
  const good = notebook({ source: "import x;\nscore(model);", outputs: [stream("a")] });
  const like = (change: Partial<NotebookCell>) => notebook({ source: good.cells[0].source, ...change });
  const failed: Output = { output_type: "error", ename: "RangeError", evalue: "no runs", traceback: [] };
  assert.match(messages(good, like({ outputs: [failed] }))[0], /cell 1 \(score\(model\);\): RangeError: no runs/);
  assert.match(messages(good, like({ execution_count: null }))[0], /did not run/);
  assert.match(messages(good, like({ outputs: [stream("a"), stream("careful", "stderr")] }))[0], /warns: careful/);
  assert.match(messages(good, like({ outputs: [stream("b")] }))[0], /text changed\s+- a\s+\+ b/);
  assert.match(messages(good, like({ outputs: [] }))[0], /1 outputs are committed, a fresh run makes 0/);
});

test("a notebook that was committed without a run, or run out of order, is stale", () => {
  const fresh = notebook({}, {});
  assert.match(messages(notebook({ execution_count: null }, {}), fresh)[0], /committed without having been run/);
  assert.match(messages(notebook({ execution_count: 7 }, {}), fresh)[0], /committed as number 7.*stale/);
  assert.match(messages(notebook({}), fresh)[0], /has 1 cells, the fresh run 2/);
});

test("an expected error is compared by name, and its absence is a difference", () => {
  const error = (ename: string): Output => ({ output_type: "error", ename, evalue: "at 12:03", traceback: [] });
  const cell = (ename: string) => notebook({ metadata: { tags: ["raises-exception"] }, outputs: [error(ename)] });
  assert.deepEqual(messages(cell("RangeError"), cell("RangeError")), []);
  assert.match(messages(cell("RangeError"), cell("TypeError"))[0], /was RangeError, became TypeError/);
  assert.match(messages(cell("RangeError"), notebook({ metadata: { tags: ["raises-exception"] } }))[0], /did not/);
});

test("a tag widens the tolerance of one cell", () => {
  const cell = (loss: string) => notebook({ metadata: { tags: ["rtol=0.02"] }, outputs: [stream(`loss ${loss}`)] });
  assert.deepEqual(messages(cell("3.20"), cell("3.24")), []);
  assert.equal(messages(cell("3.20"), cell("3.40")).length, 1);
});

test("numbers with thousands separators and typographic minus signs are numbers", () => {
  assert.equal(diffText("n = 1,234,567", "n = 1234567"), null);
  assert.match(diffText("z = −0.5", "z = 0.5") ?? "", /−0\.5 became 0\.5/);
});

test("deep comparison names the path of what is new, gone or changed", () => {
  assert.equal(diffJson({ a: [1] }, { a: [1], b: 2 }), "$.b: is new");
  assert.equal(diffJson({ a: [1, 2] }, { a: [1] }), "$.a.1: is gone");
  assert.equal(diffJson({ a: null }, { a: 0 }), "$.a: null became 0");
});

test("cleaning twice is cleaning once, and leaves no ids, times or colours", () => {
  const raw = notebook({
    id: "f3a9c1d2",
    metadata: { execution: { "iopub.execute_input": "2026-11-20T09:00" }, tags: ["rtol=0.1"] },
    outputs: [stream("\u001b[32mgreen"), stream("er\n"), { ...figure(1), metadata: { x: 1 } }],
  });
  const clean = cleanNotebook(raw);
  assert.deepEqual(cleanNotebook(clean), clean);
  const text = JSON.stringify(clean);
  assert.ok(!/f3a9c1d2|2026|\[32m/.test(text), text);
  assert.deepEqual(clean.cells[0].outputs?.[0].text, ["greener\n"]);
  assert.deepEqual(clean.cells[0].metadata, { tags: ["rtol=0.1"] });
});
