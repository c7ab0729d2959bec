/** @file z-scores by task: by hand, and what is left out. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { zTable } from "../../src/stats/z-table";
import { assertAllClose } from "../support/close";

function scores(values: Record<string, Record<string, number>>) {
  return Object.entries(values).flatMap(([model, tasks]) =>
    Object.entries(tasks).map(([task, value]) => ({ model, task, value })),
  );
}

test("1, 2 and 3 are one sample deviation apart, and √1.5 population deviations from their mean", () => {
  const three = scores({ a: { x: 1 }, b: { x: 2 }, c: { x: 3 } });
  assertAllClose(
    zTable(three, "sample").scores.map((s) => s.z),
    [-1, 0, 1],
  );
  assertAllClose(
    zTable(three, "population").scores.map((s) => s.z),
    [-Math.sqrt(1.5), 0, Math.sqrt(1.5)],
  );
});

test("a missing number is listed; a task with fewer than three numbers is left out by name", () => {
  const table = zTable(
    scores({ a: { x: 1, y: 2 }, b: { x: 3, y: 4 }, c: { x: 4, y: Number.NaN }, d: { x: Number.NaN } }),
    "sample",
  );
  assert.deepEqual(table.leftOut, ["y"]);
  assert.deepEqual(table.missing, [{ model: "d", task: "x" }]);
  assert.equal(table.scores.length, 3);
});

test("two models cannot be compared by z: 0.001 apart or 10, both would be 0.707", () => {
  assert.deepEqual(zTable(scores({ a: { x: 0 }, b: { x: 10 } }), "sample"), {
    scores: [],
    missing: [],
    leftOut: ["x"],
  });
});
