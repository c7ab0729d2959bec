import assert from "node:assert/strict";
import { test } from "node:test";
import { predictionsJson, rhoReport } from "../../../src/eval/official/result-files";

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

test("a rho that is not defined is printed as nan", () => {
  assert.match(rhoReport(Number.NaN), /avg: nan\n/);
});
