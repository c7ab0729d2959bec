import assert from "node:assert/strict";
import { test } from "node:test";
import { availableGlue, availableTasks } from "../../src/eval/available-tasks";
import { temporaryFolder } from "../support/temporary-folder";

test("availableTasks tells what is there and why the rest is not", (t) => {
  const root = temporaryFolder(t, {
    "evaluation_data/full_eval/blimp_filtered/a.jsonl": "{}",
    "evaluation_data/full_eval/aoa/cdi_childes.json": "{}",
    "evaluation_data/full_eval/glue_filtered/rte.train.jsonl": "{}",
    "evaluation_data/full_eval/glue_filtered/rte.valid.jsonl": "{}",
    "evaluation_data/full_eval/glue_filtered/wsc.train.jsonl": "{}",
  });
  const { present, absent } = availableTasks(root, "full");
  assert.deepEqual(
    present.map((p) => p.task),
    ["blimp"],
  );
  const why = Object.fromEntries(absent.map((a) => [a.task, a.why]));
  assert.equal(why.ewok, "no folder full_eval/ewok_filtered");
  assert.equal(why.aoa, "no full_eval/aoa/cdi_human.csv");
  assert.equal(availableTasks(root, "fast").absent.find((a) => a.task === "comps")?.why, "not part of the fast suite");
  const glue = availableGlue(root);
  assert.deepEqual(
    glue.present.map((p) => p.task),
    ["rte"],
  );
  assert.equal(glue.absent.find((a) => a.task === "wsc")?.why, "no glue_filtered/wsc.valid.jsonl");
});
