import assert from "node:assert/strict";
import { test } from "node:test";
import { averageOver, comparable, decide, splitMeans, tally } from "../../src/eval/forced-choice";
import { firstShare } from "../../src/eval/preference";
import { accuracyReport, predictionsJson, rhoReport } from "../../src/eval/report";

test("decide: the largest score wins", () => {
  assert.deepEqual(decide([-3, -2, -9], "first"), { chosen: 1, credit: 0, tie: false });
  assert.deepEqual(decide([-1, -2, -9], "half"), { chosen: 0, credit: 1, tie: false });
});

test("[pipeline] decide: a tie goes to the first option and so counts as right; corrected, it counts as a share", () => {
  assert.deepEqual(decide([-4, -4], "first"), { chosen: 0, credit: 1, tie: true });
  assert.deepEqual(decide([-4, -4], "half"), { chosen: 0, credit: 0.5, tie: true });
  assert.deepEqual(decide([-4, -4, -4, -9], "half"), { chosen: 0, credit: 1 / 3, tie: true });
  // wrong options that tie with each other help nobody
  assert.deepEqual(decide([-5, -4, -4], "half"), { chosen: 1, credit: 0, tie: true });
});

test("decide: one option or a NaN is no decision", () => {
  assert.throws(() => decide([-1], "first"), /1 option/);
  assert.throws(() => decide([Number.NaN, -1], "first"), /NaN/);
  assert.throws(() => decide([-1, Number.NaN], "first"), /NaN/);
});

test("sum and mean can prefer different options", () => {
  const scores = { logProbs: [-6, -5], tokens: [6, 2] };
  assert.equal(decide(comparable(scores, "sum"), "first").chosen, 1);
  assert.equal(decide(comparable(scores, "mean"), "first").chosen, 0);
});

const items = [
  {
    uid: "a",
    groups: [
      ["FIELD", "syntax"],
      ["UID", "a"],
    ] as const,
  },
  {
    uid: "b",
    groups: [
      ["FIELD", "syntax"],
      ["UID", "b"],
    ] as const,
  },
  {
    uid: "b",
    groups: [
      ["FIELD", "syntax"],
      ["UID", "b"],
    ] as const,
  },
  {
    uid: "b",
    groups: [
      ["FIELD", "syntax"],
      ["UID", "b"],
    ] as const,
  },
];

test("the average is over paradigms, not over rows: 1 of 1 and 1 of 3 make 66.67, not 50", () => {
  const counts = tally(items, [1, 1, 0, 0]);
  const uids = new Map([...(counts.get("UID") ?? [])].map(([uid, c]) => [uid, (100 * c.credit) / c.n]));
  assert.ok(Math.abs(averageOver(uids, "macro") - 200 / 3) < 1e-12);
  assert.deepEqual(counts.get("FIELD")?.get("syntax"), { credit: 2, n: 4 });
  const lines = ["TEMPERATURE: 1.00", "", "### FIELD ACCURACY", "syntax: 50.00", "", "### UID ACCURACY", "a: 100.00"];
  const rest = ["b: 33.33", "", "### AVERAGE ACCURACY", "66.67", "", ""];
  assert.equal(accuracyReport(counts, averageOver(uids, "macro")), [...lines, ...rest].join("\n"));
});

test("entity tracking averages within each file first, and refuses a group of no file", () => {
  const aggregate = { splits: ["regular", "ambiref", "move_contents"] };
  const uids = new Map([
    ["regular_0_ops", 10],
    ["regular_1_ops", 30],
    ["ambiref_0_ops", 50],
  ]);
  assert.deepEqual(
    [...splitMeans(uids, aggregate.splits)],
    [
      ["regular", 20],
      ["ambiref", 50],
    ],
  );
  assert.equal(averageOver(uids, aggregate), 35);
  assert.throws(() => averageOver(new Map([["other_0_ops", 1]]), aggregate), /other_0_ops: none of the splits/);
});

test("predictions are numbered within their group", () => {
  const answers = ["good", "bad"];
  const text = predictionsJson(
    [
      { uid: "a", answers },
      { uid: "b", answers },
      { uid: "a", answers },
    ],
    [0, 1, 1],
  );
  assert.equal(
    text,
    '{"a": {"predictions": [{"id": "a_0", "pred": "good"}, {"id": "a_1", "pred": "bad"}]}, "b": {"predictions": [{"id": "b_0", "pred": "bad"}]}}',
  );
});

test("firstShare saturates in float32 where float64 still tells scores apart", () => {
  assert.equal(firstShare([0, 0], "float32"), 0.5);
  assert.equal(firstShare([-10, -30], "float32"), 1);
  assert.equal(firstShare([-10, -40], "float32"), 1);
  assert.ok(firstShare([-10, -30], "float64") < firstShare([-10, -40], "float64"));
  assert.ok(firstShare([-90, -10], "float32") > 0); // the small side keeps its order
});

test("a rho that is not defined is printed as nan", () => {
  assert.match(rhoReport(Number.NaN), /avg: nan\n/);
});
