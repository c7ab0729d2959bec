/** @file Seeds needed for the paper's statements: known effects and spreads, and the committed worlds. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JudgedWorld } from "../../src/claims/forest-rows";
import { judgeWorld } from "../../src/claims/forest-rows";
import { readClaims } from "../../src/claims/judge-claims";
import { seedsNeeded, seedsNeededRows } from "../../src/claims/seeds-needed";
import { openResults } from "../../src/results/open-results";

function world(value: number, seedValues: number[]): JudgedWorld {
  const part = { claim: "a", measure: "", unit: "z", value, interval: null, verdict: "undecided", seeds: "" } as const;
  return {
    series: "fixture",
    source: "invented",
    judged: [{ id: 1, text: "", figure: "", verdict: "undecided", parts: [{ ...part, seedValues }] }],
    contradiction: [],
  };
}

test("an effect of one standard deviation needs ten seeds (statsmodels), and the ends of the spread's interval bracket it", () => {
  const [row] = seedsNeeded(world(1, []), [world(0, [-1, 0, 1])]);
  assert.equal(row.spread, 1);
  assert.equal(row.seeds, 10);
  // 95 % interval of a standard deviation of 1 from three values: 1 x sqrt(2 / 7.378) = 0.521 to sqrt(2 / 0.0506) = 6.285
  assert.ok(row.from < 10 && row.to > 300, `${row.from} to ${row.to}`);
});

test("no effect needs more than ten thousand; without a number, without seeds or without a spread there is no row", () => {
  assert.deepEqual(seedsNeeded(world(1, []), [world(0, [2, 2, 2])]), []);
  assert.equal(seedsNeededRows(seedsNeeded(world(0, []), [world(0, [1, 2])]))[0]["seeds needed"], "over 10,000");
  assert.deepEqual(seedsNeeded(world(Number.NaN, []), [world(0, [1, 2])]), []);
  assert.deepEqual(seedsNeeded(world(1, []), [world(0, [1])]), []);
});

test("of the paper's own numbers and the three seeds of the sample world, most parts have a row", () => {
  const claims = readClaims();
  const [paper, ours] = (["paper", "sample"] as const).map((name) => judgeWorld(name, openResults(name), claims));
  const rows = seedsNeeded(paper, [ours]);
  assert.ok(rows.length >= 15, `${rows.length} rows`);
  for (const row of rows) assert.ok(row.seeds >= 2 && row.from <= row.seeds && row.seeds <= row.to, row.part);
});
