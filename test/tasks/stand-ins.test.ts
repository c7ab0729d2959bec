import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { labelStandIn, readStandIns, warnOfStandIns } from "../../src/tasks/stand-ins";
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

test("a task on a stand-in gets one warning; other tasks and other files of the folder get none", (t) => {
  const glue = "full_eval/glue_filtered";
  const folder = temporaryFolder(t, { [`${glue}/boolq.train.jsonl`]: "{}\n", [`${glue}/rte.train.jsonl`]: "{}\n" });
  labelStandIn(folder, `${glue}/boolq.train.jsonl`, "half of another set");
  const written: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => written.push(text) > 0);
  for (let time = 0; time < 2; time++) {
    warnOfStandIns("boolq", path.join(folder, glue), ["boolq.train.jsonl"]);
    warnOfStandIns("rte", path.join(folder, glue), ["rte.train.jsonl"]);
    warnOfStandIns("blimp", path.join(folder, "full_eval", "blimp_filtered"));
  }
  t.mock.restoreAll();
  assert.equal(written.length, 1, written.join(""));
  assert.match(written[0], /^warning: boolq: .*boolq\.train\.jsonl is a stand-in \(half of another set\); do not/);
});
