import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { labelStandIn, readStandIns } from "../../src/tasks/stand-ins";
import { temporaryFolder } from "../support/temporary-folder";

test("a stand-in is one as long as its file is the labelled one", (t) => {
  const folder = temporaryFolder(t, { "full_eval/a.jsonl": "{}\n" });
  assert.deepEqual(readStandIns(folder), {});
  labelStandIn(folder, "full_eval/a.jsonl", "half of another set");
  assert.deepEqual(readStandIns(folder), { "full_eval/a.jsonl": "half of another set" });
  fs.writeFileSync(path.join(folder, "full_eval/a.jsonl"), "the official file\n");
  assert.deepEqual(readStandIns(folder), {});
  fs.writeFileSync(path.join(folder, "stand-ins.json"), "[1]");
  assert.throws(() => readStandIns(folder), /stand-ins\.json: want .* import the data again/);
});
