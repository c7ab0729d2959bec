/** @file The comparison of notebooks finds what it must find, and nothing else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figure } from "../../../src/figures/figure";
import { figure4 } from "../../../src/figures/paper-figures";
import { figureJson } from "../../../src/notebook/display/show";
import { renderTable } from "../../../src/notebook/display/table";
import { cleanNotebook } from "../../../src/notebook/execution/clean-notebook";
import { compareNotebooks } from "../../../src/notebook/execution/compare-notebooks";
import { diffTables } from "../../../src/notebook/execution/compare-tables";
import { diffJson, diffText, TOLERANCE } from "../../../src/notebook/execution/compare-values";
import type { Notebook, NotebookCell, Output } from "../../../src/notebook/execution/notebook-file";
import { stampSvg } from "../../../src/notebook/images/picture-stamp";
import { scoreRows } from "../../../src/results/frame";
import { fixtureRuns } from "../../support/fixture-runs";

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
const drawn = (y: number) => ({ data: [{ type: "scatter", y: [y] }], layout: { meta: { alt: "alt", caption: "" } } });
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
const figure = (y: number) =>
  display({ [PLOTLY]: drawn(y), "text/plain": "alt", "image/svg+xml": stampSvg(SVG, drawn(y)) });
/** As a fresh run leaves it: without pictures. */
const unpictured = (y: number) => display({ [PLOTLY]: drawn(y), "text/plain": "alt" });
const messages = (a: Notebook, b: Notebook) => compareNotebooks(a, b).map((d) => d.message);

test("a fresh run that equals the committed one has no differences", () => {
  const same = notebook({ outputs: [stream("loss 3.21\n"), figure(0.5)] });
  assert.deepEqual(messages(same, structuredClone(same)), []);
});

test("text that a model wrote is compared where training is exact, and not elsewhere", () => {
  const metadata = { tags: ["generated"] };
  const [a, b] = ["Yes, he does.", "A lizard."].map((text) => notebook({ metadata, outputs: [stream(text)] }));
  assert.equal(compareNotebooks(a, b, { exactTraining: true }).length, 1);
  assert.deepEqual(compareNotebooks(a, b), []);
  const silent = notebook({ metadata });
  assert.match(messages(a, silent)[0], /1 outputs are committed, a fresh run makes 0/);
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
  assert.match(difference.message, /trace 1, y: 1 became 1\.001/);
  assert.ok(difference.figures !== undefined);
});

test("the last digit of a sum, the padding of a table and pictures do not count", () => {
  const a = notebook({
    outputs: [figure(0.1 + 0.2), stream("name    1.50\n────\nx"), display({ "image/png": "AAAA" })],
  });
  const b = notebook({ outputs: [unpictured(0.3), stream("name  1.50\n──\nx"), display({ "image/png": "BBBB" })] });
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

test("on the native kernels the cells that train are compared exactly, the others as before", () => {
  const trained = (loss: number) => notebook({ metadata: { tags: ["rtol=0.02"] }, outputs: [figure(loss)] });
  const nearly = 3.2 * (1 + 1e-12);
  assert.deepEqual(compareNotebooks(trained(3.2), trained(nearly)), []);
  const [difference] = compareNotebooks(trained(3.2), trained(nearly), { exactTraining: true });
  assert.match(difference.message, /3\.2 became 3\.200000000003$/);
  const scored = (score: number) => notebook({ outputs: [figure(score)] });
  assert.deepEqual(compareNotebooks(scored(0.5), scored(0.5 * (1 + 1e-12)), { exactTraining: true }), []);
});

test("a changed score is named by task and model, in a table and in a figure", () => {
  const scores = (blimp: number) => [
    { task: "BLiMP", metric: "accuracy", "wide base": 0.871, "wide merged": blimp },
    { task: "EWoK", metric: "accuracy", "wide base": 0.5, "wide merged": 0.5 },
  ];
  const table = (blimp: number) => {
    const { html, text } = renderTable(scores(blimp), { title: "Scores" });
    return notebook({ outputs: [display({ "text/html": html, "text/plain": text })] });
  };
  assert.deepEqual(messages(table(0.864), table(0.862)), [
    "cell 1 (f(0);): output 1: BLiMP, accuracy, wide merged: 0.864 became 0.862",
  ]);
  const bars = (blimp: number) => {
    const runs = fixtureRuns().map((run) => {
      const isMerged = run.model === "wide" && run.variant === "merged";
      const of = (task: string, value: number) => (isMerged && task === "blimp" ? blimp : value);
      return { ...run, scores: run.scores.map((s) => ({ ...s, value: of(s.task, s.value) })) };
    });
    const json = figureJson(figure4(scoreRows(runs), { source: "invented" }));
    return notebook({ outputs: [display({ [PLOTLY]: json, "image/svg+xml": stampSvg(SVG, json as Figure) })] });
  };
  assert.match(
    messages(bars(0.864), bars(0.862))[0],
    /^cell 1 \(f\(0\);\): output 1: BLiMP, wide merged: 0\.864 became 0\.862\n/,
  );
});

test("rows and columns that are new, gone or moved are named", () => {
  const table = (rows: object[]) => renderTable(rows).html;
  const [blimp, rte] = [
    { task: "BLiMP", base: 0.5 },
    { task: "RTE", base: 0.25 },
  ];
  assert.deepEqual(diffTables(table([blimp, rte]), table([blimp]), TOLERANCE), ['row "RTE" is gone']);
  assert.deepEqual(diffTables(table([blimp]), table([{ ...blimp, merged: 1 }]), TOLERANCE), ['column "merged" is new']);
  assert.deepEqual(diffTables(table([blimp, rte]), table([rte, blimp]), TOLERANCE), ['row 1 was "BLiMP" and is "RTE"']);
  assert.equal(diffTables("<p>0.5</p>", "<p>0.6</p>", TOLERANCE), null);
  const same = [{ base: 0.5 }, { base: 0.25 }];
  assert.deepEqual(diffTables(table(same), table([same[0], { base: 0.3 }]), TOLERANCE), [
    "row 2, base: 0.250 became 0.300",
  ]);
});

test("a committed picture of another figure, an edited one, an unstamped one and none are found", () => {
  const fresh = notebook({ outputs: [unpictured(1)] });
  const committed = (svg: string | undefined) =>
    notebook({
      outputs: [
        display({ [PLOTLY]: drawn(1), "text/plain": "alt", ...(svg === undefined ? {} : { "image/svg+xml": svg }) }),
      ],
    });
  const good = stampSvg(SVG, drawn(1));
  assert.deepEqual(messages(committed(good), fresh), []);
  assert.match(
    messages(committed(stampSvg(SVG, drawn(2))), fresh)[0],
    /the SVG shows another figure than the data beside it; run/,
  );
  assert.match(
    messages(committed(good.replace('width="9"', 'width="8"')), fresh)[0],
    /the SVG was changed after it was drawn/,
  );
  assert.match(messages(committed(SVG), fresh)[0], /does not name the figure that it shows/);
  assert.match(messages(committed(undefined), fresh)[0], /the figure has no picture/);
});

test("numbers with thousands separators and typographic minus signs are numbers", () => {
  assert.equal(diffText("n = 1,234,567", "n = 1234567"), null);
  assert.match(diffText("z = −0.5", "z = 0.5") ?? "", /−0\.5 became 0\.5/);
});

test("deep comparison names the path of what is new, gone or changed", () => {
  assert.deepEqual(diffJson({ a: [1] }, { a: [1], b: 2 }), [{ path: ["b"], before: undefined, after: 2 }]);
  assert.deepEqual(diffJson({ a: [1, 2] }, { a: [1] }), [{ path: ["a", 1], before: 2, after: undefined }]);
  assert.deepEqual(diffJson({ a: null, b: 1 }, { a: 0, b: 2 }), [
    { path: ["a"], before: null, after: 0 },
    { path: ["b"], before: 1, after: 2 },
  ]);
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
