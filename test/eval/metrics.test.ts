import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { fineTuneScore, writeFineTuneFiles } from "../../src/eval/finetune-report";
import { accuracy, f1, majorityBaseline, mcc } from "../../src/eval/metrics";
import { isClose } from "../support/close";
import { temporaryFolder } from "../support/temporary-folder";

// 3 true positives, 1 false positive, 2 false negatives, 4 true negatives
const gold = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0];
const predicted = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];

test("accuracy, F1 and MCC of a table counted by hand", () => {
  assert.equal(accuracy(predicted, gold), 0.7);
  assert.ok(isClose(f1(predicted, gold), 6 / 9));
  assert.ok(isClose(mcc(predicted, gold), (3 * 4 - 1 * 2) / Math.sqrt(4 * 5 * 5 * 6)));
});

test("where F1 or MCC is not defined they are 0, as scikit-learn has it", () => {
  assert.equal(f1([0, 0], [0, 1]), 0);
  assert.equal(mcc([0, 0], [0, 1]), 0);
});

test("the majority baseline stands beside the score: always answering 0 is no skill", () => {
  const labels = [0, 0, 0, 1];
  const score = fineTuneScore({ task: "rte", predictions: [0, 0, 0, 0], labels });
  assert.equal(score.value, 0.75);
  assert.equal(score.majority, 0.75);
  assert.equal(majorityBaseline(labels), 0.75);
  assert.deepEqual(score.alternatives, { accuracy: 0.75, f1: 0, mcc: 0 });
  assert.deepEqual(
    score.groups.map((g) => g.value),
    [1, 0],
  );
});

test("unequal lists, unknown tasks and impossible classes are refused", () => {
  assert.throws(() => accuracy([1], [1, 0]), /1 predictions for 2 labels/);
  assert.throws(() => fineTuneScore({ task: "rte", predictions: [1], labels: [1, 0] }), /1 predictions for 2/);
  assert.throws(() => fineTuneScore({ task: "rte", predictions: [2], labels: [1] }), /prediction 0 is 2/);
  assert.throws(() => fineTuneScore({ task: "rtee", predictions: [1], labels: [1] }), /did you mean "rte"/);
});

test("results.txt and predictions.json of a fine-tuned task have the official form", (t) => {
  const outFolder = temporaryFolder(t);
  const folder = writeFineTuneFiles(
    { task: "wsc", predictions: [0, 0, 0], labels: [0, 0, 1] },
    { outFolder, modelName: "models/my-model" },
  );
  assert.equal(folder, path.join(outFolder, "my-model", "main", "finetune", "wsc"));
  const read = (name: string) => fs.readFileSync(path.join(folder, name), "utf8");
  assert.equal(read("results.txt"), "accuracy: 0.6666666666666666\nf1: 0.0\nmcc: 0.0");
  assert.equal(
    read("predictions.json"),
    '{"wsc": {"predictions": [{"id": "wsc_0", "pred": 0}, {"id": "wsc_1", "pred": 0}, {"id": "wsc_2", "pred": 0}]}}',
  );
});
