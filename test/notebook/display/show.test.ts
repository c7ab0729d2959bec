/** @file Tables and displays: everything from data is escaped, everything that cannot be JSON is null. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { table as arquero } from "arquero";
import { DataFrame } from "danfojs-node";
import { boxPlot } from "../../../src/figures/box-plot";
import { runStyle } from "../../../src/figures/palette";
import { figureJson, literal, markdown, PLOTLY_MIME, show, showTable } from "../../../src/notebook/display/show";
import { renderTable } from "../../../src/notebook/display/table";

/** What `call` sends to the kernel. */
function displayed(call: () => void): Record<string, unknown>[] {
  const sent: Record<string, unknown>[] = [];
  const globals = globalThis as Record<symbol, unknown>;
  const hook = Symbol.for("class-it.display");
  globals[hook] = (data: Record<string, unknown>) => sent.push(data);
  try {
    call();
  } finally {
    delete globals[hook];
  }
  return sent;
}

test("a table from rows, from danfojs and from arquero is the same table", () => {
  const rows = [
    { task: "blimp", value: 0.5 },
    { task: "rte", value: 12 },
  ];
  const expected = renderTable(rows);
  assert.deepEqual(renderTable(new DataFrame(rows)), expected);
  assert.deepEqual(renderTable(arquero({ task: ["blimp", "rte"], value: [0.5, 12] })), expected);
  assert.equal(expected.text, "task    value\n─────  ──────\nblimp   0.500\nrte    12.000");
});

test("text from data cannot become HTML", () => {
  const { html } = renderTable([{ "<i>": '<script>alert("x")</script>' }], { title: "<b>" });
  assert.ok(!/<script|<i>|<b>/.test(html), html);
});

test("numbers have fixed digits, gaps are dashes, NaN is shown as such, and a missing column is named", () => {
  const rows = [{ a: -0.00001, b: null, c: Number.NaN, d: 1234567 }];
  assert.equal(renderTable(rows, { digits: { a: 2 } }).text.split("\n")[2], "0.00  –  undefined  1,234,567");
  assert.throws(() => renderTable(rows, { columns: ["e"] }), /no column "e"; one of a, b, c, d/);
});

test("a long table says how many rows it leaves out", () => {
  const rows = Array.from({ length: 12 }, (_, i) => ({ i }));
  assert.match(renderTable(rows, { limit: 10 }).text, /2 more of 12 rows$/);
});

test("a figure is one bundle with plotly's JSON and the words for those who do not see it", () => {
  const group = { name: "g", style: runStyle("wide", "base"), values: [{ label: "x", value: 1 }] };
  const figure = boxPlot([group], { title: "t", valueTitle: "v", alt: "What it shows", caption: "n = 1, <b> $x$" });
  const [bundle, caption] = displayed(() => show(figure));
  assert.deepEqual(Object.keys(bundle), [PLOTLY_MIME, "text/plain"]);
  assert.equal(bundle["text/plain"], "What it shows");
  assert.equal(caption["text/markdown"], "*n = 1, \\<b\\> \\$x\\$*");
});

test("typed arrays become arrays, NaN and infinity null", () => {
  const json = figureJson({
    data: [{ type: "bar", y: Float32Array.of(1, 2), z: [Number.NaN, Number.POSITIVE_INFINITY] }],
    layout: { meta: { alt: "", caption: "" } },
  });
  assert.deepEqual(json.data, [{ type: "bar", y: [1, 2], z: [null, null] }]);
});

test("text from a model stays inside its code span", () => {
  assert.equal(literal("a `b` c"), "`` a `b` c ``");
  const [bundle] = displayed(() => markdown(`It said ${literal("<img src=x>\n# heading")}`));
  assert.equal(bundle["text/markdown"], "It said `<img src=x> # heading`");
  const sent = displayed(() => showTable([{ said: "<img src=x>" }]));
  assert.ok(!String(sent[0]["text/html"]).includes("<img"));
});
