import assert from "node:assert/strict";
import { test } from "node:test";
import { minimalPair } from "../../src/tasks/minimal-pair";
import { textField } from "../../src/tasks/row";

const FACTS = { name: "zorro", displayName: "Zorro", version: 1, source: "Huebner et al. 2021" };

test("a pair task from its facts alone: its rows are BLiMP's two sentences, its groups the files", () => {
  const task = minimalPair(FACTS);
  assert.deepEqual([task.officialName, task.folder], ["zorro", { full: "zorro", fast: null }]);
  assert.deepEqual([task.chance, task.aggregate], [0.5, "macro"]);
  assert.deepEqual(task.toItem({ sentence_good: "a b", sentence_bad: "a c" }, "agreement"), {
    sentences: ["a b", "a c"],
    completions: ["a b", "a c"],
    answers: ["a b", "a c"],
    uid: "agreement",
    groups: [["UID", "agreement"]],
  });
  assert.throws(() => task.toItem({ sentence_good: "a b" }, "f"), /no field "sentence_bad"/);
  assert.throws(() => task.toItem(["a", "b"], "f"), /want a JSON object, got an array/);
});

test("other columns and folders are given beside the facts", () => {
  const task = minimalPair({ ...FACTS, folder: { full: "z", fast: "z_fast" } }, (row) => ({
    good: textField(row, "right"),
    bad: textField(row, "wrong"),
    uid: textField(row, "rule"),
  }));
  assert.equal(task.folder.fast, "z_fast");
  const { sentences, uid } = task.toItem({ right: "x", wrong: "y", rule: "r1" }, "file");
  assert.deepEqual([sentences, uid], [["x", "y"], "r1"]);
});
