import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTITY_TRACKING, ENTITY_TRACKING_WITHOUT_NOTHING } from "../../src/tasks/entity-tracking";
import { loadItems, readItems } from "../../src/tasks/load";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

test("an entity-tracking row appends its options to the prefix, which ends with a blank", () => {
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

test("protocol 2026 leaves out rows in which an option says nothing, and counts them", (t) => {
  const row = (...options: string[]) => JSON.stringify({ input_prefix: "Box 1 contains ", options, numops: 0 });
  const rows = [
    row("the key.", "the cup."),
    row("nothing.", "the cup."),
    row("the cup.", "nothingness."),
    row("a.", "b."),
  ];
  const folder = temporaryFolder(t, { "regular.jsonl": rows.join("\n") });
  const { items, leftOut } = readItems(folder, ENTITY_TRACKING_WITHOUT_NOTHING);
  assert.deepEqual([items.map((item) => item.row), leftOut], [[0, 3], 2]);
  assert.equal(readItems(folder, ENTITY_TRACKING).leftOut, 0);
});

test("of the real rows, protocol 2026 keeps the numbers that its collation expects", {
  skip: skipWithout("data/evaluation_data/full_eval/entity_tracking"),
}, () => {
  const folder = referencePath("data/evaluation_data/full_eval/entity_tracking") as string;
  const counts = new Map<string, number>();
  for (const { uid } of loadItems(folder, ENTITY_TRACKING_WITHOUT_NOTHING)) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  // [pipeline, 2026, collate_preds.py]
  const expected = {
    regular: [517, 409, 405, 425, 388, 94],
    ambiref: [508, 428, 413, 409, 434, 123],
    move_contents: [516, 437, 399, 406, 353, 116],
  };
  for (const [file, sizes] of Object.entries(expected)) {
    assert.deepEqual(
      sizes.map((_, ops) => counts.get(`${file}_${ops}_ops`)),
      sizes,
    );
  }
});
