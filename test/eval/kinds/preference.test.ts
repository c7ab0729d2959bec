import assert from "node:assert/strict";
import { test } from "node:test";
import { firstShare } from "../../../src/eval/kinds/preference";

test("firstShare saturates in float32 where float64 still distinguishes scores", () => {
  assert.equal(firstShare([0, 0], "float32"), 0.5);
  assert.equal(firstShare([-10, -30], "float32"), 1);
  assert.equal(firstShare([-10, -40], "float32"), 1);
  assert.ok(firstShare([-10, -30], "float64") < firstShare([-10, -40], "float64"));
  assert.ok(firstShare([-90, -10], "float32") > 0); // the small side keeps its order
});
