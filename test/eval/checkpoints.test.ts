import assert from "node:assert/strict";
import { test } from "node:test";
import { stepWords } from "../../src/eval/checkpoints";

test("the words in a checkpoint's name are whole: 1.047 times a million is not, in binary", () => {
  assert.deepEqual(["chck_10M", "chck_1.047M", "chck_2.160K", "step 300"].map(stepWords), [1e7, 1047000, 2160, 300]);
  assert.throws(() => stepWords("main"), /no number of words in the name/);
});
