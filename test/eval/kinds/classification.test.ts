import assert from "node:assert/strict";
import { test } from "node:test";
import { judgePredictions } from "../../../src/eval/kinds/classification";
import { OFFICIAL } from "../../../src/eval/scoring-mode";
import { glueTask } from "../../../src/tasks/superglue";

const judge = (task: string, predictions: number[], labels: number[]) =>
  judgePredictions(glueTask(task), { predictions, labels }, OFFICIAL);

test("the majority baseline is reported with the score: always answering 0 is no skill", () => {
  const [score] = judge("rte", [0, 0, 0, 0], [0, 0, 0, 1]).scores;
  assert.equal(score.value, 0.75);
  assert.equal(score.majority, 0.75);
  assert.deepEqual(score.alternatives, { accuracy: 0.75, f1: 0, mcc: 0 });
  assert.deepEqual(
    score.groups.map((g) => g.value),
    [1, 0],
  );
});

test("unequal lists, unknown tasks and impossible classes are refused", () => {
  assert.throws(() => judge("rte", [1], [1, 0]), /1 predictions for 2/);
  assert.throws(() => judge("rte", [2], [1]), /prediction 0 is 2/);
  assert.throws(() => judge("rtee", [1], [1]), /did you mean "rte"/);
});

test("results.txt and predictions.json of a fine-tuned task have the official form", () => {
  const { files } = judge("wsc", [0, 0, 0], [0, 0, 1]);
  assert.equal(files["results.txt"], "accuracy: 0.6666666666666666\nf1: 0.0\nmcc: 0.0");
  assert.equal(
    files["predictions.json"],
    '{"wsc": {"predictions": [{"id": "wsc_0", "pred": 0}, {"id": "wsc_1", "pred": 0}, {"id": "wsc_2", "pred": 0}]}}',
  );
});
