import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTITY_TRACKING } from "../../src/tasks/entity-tracking";

test("an entity-tracking row glues its options to the prefix, which brings its own blank", () => {
  const row = { input_prefix: "Box 1 contains ", options: ["the key.", "nothing."], numops: 3 };
  const item = ENTITY_TRACKING.toItem(row, "regular");
  assert.deepEqual(item.sentences, ["Box 1 contains the key.", "Box 1 contains nothing."]);
  assert.equal(item.uid, "regular_3_ops");
});

test("an entity-tracking row with one option or an empty one is refused", () => {
  const oneOption = { input_prefix: "Box ", options: ["x"], numops: 0 };
  assert.throws(() => ENTITY_TRACKING.toItem(oneOption, "regular"), /"options" has 1 option\(s\), want at least 2/);
  assert.throws(
    () => ENTITY_TRACKING.toItem({ ...oneOption, options: ["x", ""] }, "regular"),
    /option 1 of "options" is empty/,
  );
});
