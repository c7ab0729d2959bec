/** @file The forest plot of the statements: every number in it, on its own axis. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { forestRows } from "../../src/claims/forest-rows";
import { forestPlot } from "../../src/figures/forest-plot";
import { judgeAllWorlds, statementsFigure } from "../../src/notebook/display/statements-figure";

const worlds = judgeAllWorlds();
const rows = forestRows(worlds);

test("every part of every statement is in the plot once per world with a number", () => {
  const figure = statementsFigure(worlds);
  const drawn = figure.data.flatMap((d) => (d.x as unknown[]).filter((x) => x !== null));
  assert.equal(drawn.length, rows.filter((r) => Number.isFinite(r.value)).length);
  const parts = worlds[0].judged.flatMap((j) => j.parts).length + worlds[0].contradiction.length;
  assert.equal((figure.layout.yaxis as { tickvals: unknown[] }).tickvals.length, parts);
  assert.match(figure.layout.meta.alt, /the paper's numbers: 9 supported, 0 contradicted/);
});

test("a mark and its interval are the row's, and a part of another unit has another axis", () => {
  const row = { group: "1", label: "l", unit: "points", series: "s", value: 2, low: -1, high: 4, verdict: "undecided" };
  const options = {
    title: "t",
    alt: "a",
    caption: "c",
    series: [{ name: "s", colour: "#000000", symbol: "circle" }],
    columns: [
      { unit: "z", width: 1 },
      { unit: "points", width: 1 },
    ],
  };
  const [trace] = forestPlot([row], options).data.filter((d) => (d.x as number[])[0] === 2);
  assert.equal(trace.xaxis, "x2");
  assert.deepEqual(trace.error_x, { ...(trace.error_x as object), array: [2], arrayminus: [3] });
  assert.throws(() => forestPlot([{ ...row, unit: "metres" }], options), /no column for "metres"/);
  assert.throws(() => forestPlot([{ ...row, series: "x" }], options), /no series "x"/);
});
