/** @file Comparisons of two models, by hand where shares and counts are simple. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { compareMedians, comparePairs, pairTable } from "../../src/claims/model-pairs";
import { openResults } from "../../src/results/open-results";

const paper = openResults("paper");
const pairs = comparePairs(paper);
const find = (scope: string, a: string, b: string) => {
  const found = pairs.find((p) => p.scope === scope && [p.higher, p.lower].sort().join() === [a, b].sort().join());
  assert.ok(found !== undefined, `${scope}: ${a}, ${b}`);
  return found;
};

test("28 pairs of 8 models on each of 14 tasks", () => {
  assert.equal(pairs.length, 28 * 14);
  for (const p of pairs) assert.ok(p.difference >= 0 && p.interval[0] <= p.difference && p.difference <= p.interval[1]);
});

test("WSC: 3 of 52 items apart, five wins at best would not do: every comparison could be two runs of one model", () => {
  assert.equal(find("WSC", "wide merged", "narrow merged").verdict, "undecided");
  assert.ok(pairs.filter((p) => p.scope === "WSC").every((p) => p.verdict === "undecided"));
});

test("RTE: 12 items apart are enough if the models agree elsewhere, and not if they do not: the answers would decide", () => {
  assert.equal(find("RTE", "wide wiki→switch", "wide merged").verdict, "untestable");
  assert.equal(find("RTE", "wide base", "wide wiki").verdict, "undecided"); // 3 items
});

test("MNLI: the larger models are above the smaller ones for any overlap", () => {
  assert.equal(find("MNLI", "wide base", "narrow base").verdict, "supported");
});

test("the table counts every comparison once", () => {
  for (const row of pairTable([...pairs, ...compareMedians(paper, "all")])) {
    const counted = ["significant for every overlap", "depends on the overlap", "significant for no overlap"];
    assert.equal(
      counted.reduce((sum, name) => sum + Number(row[name]), 0),
      row.comparisons,
    );
  }
});

test("no median of the paper's figure 6 is certainly above another", () => {
  assert.deepEqual(
    compareMedians(paper, "all").filter((p) => p.verdict === "supported"),
    [],
  );
});
