import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { glueTask, loadGlue } from "../../src/tasks/superglue";
import { temporaryFolder } from "../support/temporary-folder";

test("fine-tuning rows become two segments and a class; labels outside the task are refused", (t) => {
  const folder = temporaryFolder(t, {
    "wsc.jsonl": JSON.stringify({ text: "Ann saw Bo. She left.", span1_text: "Ann", span2_text: "She", label: 1 }),
    "multirc.jsonl": JSON.stringify({ paragraph: "P.", question: "Q?", answer: "A", label: 0 }),
    "bad.jsonl": JSON.stringify({ premise: "a", hypothesis: "b", label: 3 }),
    "none.jsonl": "\n",
  });
  const file = (name: string) => path.join(folder, `${name}.jsonl`);
  assert.deepEqual(loadGlue(glueTask("wsc"), file("wsc")), [
    { a: 'Does "She" refer to "Ann" in this passage?', b: "Ann saw Bo. She left.", label: 1 },
  ]);
  assert.equal(loadGlue(glueTask("multirc"), file("multirc"))[0].a, "Question: Q? Answer: A");
  assert.throws(() => loadGlue(glueTask("mnli"), file("bad")), /"label" is 3; mnli has classes 0 to 2/);
  assert.throws(() => loadGlue(glueTask("rte"), file("none")), /no rows/);
});

test("an empty text of a pair is a text: QQP has empty questions", (t) => {
  const rows = [
    { question1: "", question2: "What is it?", label: 0 },
    { question1: "What is it?", question2: "", label: 1 },
    { question2: "What is it?", label: 0 },
  ].map((row) => JSON.stringify(row));
  const folder = temporaryFolder(t, { "q.jsonl": rows.slice(0, 2).join("\n"), "none.jsonl": rows[2] });
  assert.deepEqual(loadGlue(glueTask("qqp"), path.join(folder, "q.jsonl")), [
    { a: "", b: "What is it?", label: 0 },
    { a: "What is it?", b: "", label: 1 },
  ]);
  assert.throws(
    () => loadGlue(glueTask("qqp"), path.join(folder, "none.jsonl")),
    /none\.jsonl:1: no field "question1"/,
  );
});
