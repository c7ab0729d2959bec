import assert from "node:assert/strict";
import { test } from "node:test";
import { COMPS } from "../../src/tasks/comps";

test("COMPS compares one phrase after two prefixes and stores the sentence", () => {
  const row = { prefix_acceptable: "A dog", prefix_unacceptable: "A fork", property_phrase: "can bark." };
  const item = COMPS.toItem(row, "comps_wugs_dist-before");
  assert.deepEqual(item.completions, ["can bark.", "can bark."]);
  assert.deepEqual(item.answers, ["A dog can bark.", "A fork can bark."]);
  assert.equal(item.uid, "wugs_dist_before");
  assert.equal(COMPS.toItem(row, "comps_wugs_dist-in-between").uid, "wugs_dist_in_between");
});
