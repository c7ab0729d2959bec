import assert from "node:assert/strict";
import { test } from "node:test";
import { findRun } from "../../src/experiments/runs";
import { readFineTuning } from "../../src/stages/evaluate-run";
import { temporaryFolder } from "../support/temporary-folder";
import { dataWorkspace } from "./support/data-workspace";

test("a summary that is asked for before its task is done names the file and what to run", (t) => {
  const row = `${JSON.stringify({ sentence1: "a", sentence2: "b", label: 0 })}\n`;
  const glue = "data/evaluation_data/full_eval/glue_filtered";
  const folder = temporaryFolder(t, { [`${glue}/rte.train.jsonl`]: row, [`${glue}/rte.valid.jsonl`]: row });
  assert.throws(
    () => readFineTuning(dataWorkspace(folder, "study"), findRun("wide-base")),
    /wide-base.finetune.rte\.json: the task is not done yet; run its stage before "summarise"$/,
  );
});
