import assert from "node:assert/strict";
import { test } from "node:test";
import { BLIMP_SUPPLEMENT } from "../../src/tasks/blimp-supplement";

test("a supplement row takes its group from the file's name", () => {
  const item = BLIMP_SUPPLEMENT.toItem({ sentence_good: "a\nb", sentence_bad: "a\nc" }, "turn_taking");
  assert.equal(item.uid, "turn_taking");
  assert.equal(item.sentences[0], "a\nb");
});
