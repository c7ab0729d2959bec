import assert from "node:assert/strict";
import { test } from "node:test";
import { BLIMP } from "../../src/tasks/blimp";
import { BLIMP_ROW } from "./support/blimp-row";

test("a BLiMP row becomes a pair with the correct sentence first; one field is renamed as in the pipeline", () => {
  const item = BLIMP.toItem(BLIMP_ROW, "file");
  assert.deepEqual(item.sentences, ["Cats sleep.", "Cats sleeps."]);
  assert.deepEqual(item.groups, [
    ["FIELD", "syntax/semantics"],
    ["UID", "verbs_1"],
    ["LINGUISTICS_TERM", "agreement"],
  ]);
});
