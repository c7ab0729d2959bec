import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accuracy,
  averageWeights,
  f1,
  macroAverage,
  majorityBaseline,
  mcc,
  splitMeans,
  tally,
} from "../../src/eval/metrics";
import { accuracyReport } from "../../src/eval/official/result-files";
import { isClose } from "../support/close";

// 3 true positives, 1 false positive, 2 false negatives, 4 true negatives
const gold = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0];
const predicted = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];

test("accuracy, F1 and MCC of a table counted by hand", () => {
  assert.equal(accuracy(predicted, gold), 0.7);
  assert.ok(isClose(f1(predicted, gold), 6 / 9));
  assert.ok(isClose(mcc(predicted, gold), (3 * 4 - 1 * 2) / Math.sqrt(4 * 5 * 5 * 6)));
});

test("undefined F1 and MCC are 0, as in scikit-learn", () => {
  assert.equal(f1([0, 0], [0, 1]), 0);
  assert.equal(mcc([0, 0], [0, 1]), 0);
});

test("the majority baseline is the share of the most frequent class; lists of unequal length have no accuracy", () => {
  assert.equal(majorityBaseline([0, 0, 0, 1]), 0.75);
  assert.throws(() => accuracy([1], [1, 0]), /1 predictions for 2 labels/);
});

const items = ["a", "b", "b", "b"].map((uid) => ({
  uid,
  groups: [
    ["FIELD", "syntax"],
    ["UID", uid],
  ] as const,
}));

test("the average is over paradigms, not over rows: 1 of 1 and 1 of 3 make 66.67, not 50", () => {
  const counts = tally(items, [1, 1, 0, 0]);
  const uids = new Map([...(counts.get("UID") ?? [])].map(([uid, c]) => [uid, (100 * c.credit) / c.n]));
  assert.ok(Math.abs(macroAverage(uids, "macro") - 200 / 3) < 1e-12);
  assert.deepEqual(counts.get("FIELD")?.get("syntax"), { credit: 2, n: 4 });
  const lines = ["TEMPERATURE: 1.00", "", "### FIELD ACCURACY", "syntax: 50.00", "", "### UID ACCURACY", "a: 100.00"];
  const rest = ["b: 33.33", "", "### AVERAGE ACCURACY", "66.67", "", ""];
  assert.equal(accuracyReport(counts, macroAverage(uids, "macro")), [...lines, ...rest].join("\n"));
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
  assert.equal(macroAverage(uids, aggregate), 35);
  assert.throws(() => macroAverage(new Map([["other_0_ops", 1]]), aggregate), /other_0_ops: none of the splits/);
});

test("averageWeights turns credits into the task's own average", () => {
  assert.deepEqual(averageWeights(["a", "a", "b"], "macro"), [0.25, 0.25, 0.5]);
  const uids = ["regular_0", "regular_0", "regular_1", "ambiref_0"];
  const weights = averageWeights(uids, { splits: ["regular", "ambiref"] });
  assert.deepEqual(weights, [0.125, 0.125, 0.25, 0.5]);
});
