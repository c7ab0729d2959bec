import assert from "node:assert/strict";
import { test } from "node:test";
import { availableTasks } from "../../src/eval/available-tasks";
import { COMPS_LIKE } from "../../src/tasks/comps-like";
import { ZORRO } from "../../src/tasks/zorro";
import { temporaryFolder } from "../support/temporary-folder";

const row = {
  sentence_good: "look at this purple thing .",
  sentence_bad: "look at this purple things .",
  field: "agreement_determiner_noun",
  UID: "agreement_determiner_noun-across_1_adjective",
};

test("a pair of Zorro counts in its paradigm and in its phenomenon", () => {
  const item = ZORRO.toItem(row, "file");
  assert.deepEqual(item.sentences, [row.sentence_good, row.sentence_bad]);
  assert.equal(item.uid, row.UID);
  assert.deepEqual(item.groups, [
    ["FIELD", row.field],
    ["UID", row.UID],
  ]);
  assert.throws(() => ZORRO.toItem({ ...row, sentence_bad: undefined }, "file"), /"sentence_bad"/);
});

test("tasks that the pipeline does not have are scored where their data are, and missed nowhere", (t) => {
  const line = `${JSON.stringify(row)}\n`;
  const root = temporaryFolder(t, {
    "evaluation_data/full_eval/zorro/a.jsonl": line,
    "evaluation_data/full_eval/comps/comps_base.jsonl": line,
  });
  const { present, absent } = availableTasks(root, "full");
  assert.deepEqual(
    present.map(({ task }) => task),
    ["comps", "zorro"],
  );
  assert.ok(!absent.some(({ task }) => task === "comps-like"));
});

test("COMPS-like pairs are read as COMPS's and never called so", () => {
  const pair = { prefix_acceptable: "A dog", prefix_unacceptable: "A fork", property_phrase: "can bark." };
  assert.deepEqual(COMPS_LIKE.toItem(pair, "comps_base").answers, ["A dog can bark.", "A fork can bark."]);
  assert.equal(COMPS_LIKE.displayName, "COMPS-like");
  assert.equal(COMPS_LIKE.folder.full, "comps_like");
});
