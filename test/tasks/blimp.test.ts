import assert from "node:assert/strict";
import { test } from "node:test";
import { BLIMP } from "../../src/tasks/blimp";

const BLIMP_ROW = {
  sentence_good: "Cats sleep.",
  sentence_bad: "Cats sleeps.",
  field: "syntax_semantics",
  linguistics_term: "agreement",
  UID: "verbs_1",
};

test("a BLiMP row becomes a pair with the correct sentence first; one field is renamed as in the pipeline", () => {
  const item = BLIMP.toItem(BLIMP_ROW, "file");
  assert.deepEqual(item.sentences, ["Cats sleep.", "Cats sleeps."]);
  assert.deepEqual(item.groups, [
    ["FIELD", "syntax/semantics"],
    ["UID", "verbs_1"],
    ["LINGUISTICS_TERM", "agreement"],
  ]);
});
