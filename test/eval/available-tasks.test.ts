import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { availableGlue, availableTasks, findTasks } from "../../src/eval/available-tasks";
import { SUPERGLUE } from "../../src/tasks/superglue";
import { temporaryFolder } from "../support/temporary-folder";

test("availableTasks lists the tasks with data, and why the others are absent", (t) => {
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

const DATA = {
  "evaluation_data/full_eval/blimp_filtered/a.jsonl": "{}",
  "evaluation_data/full_eval/blimp_filtered/._a.jsonl": "not JSON",
  "evaluation_data/full_eval/reading/reading_data.csv": "",
  "evaluation_data/full_eval/glue_filtered/rte.train.jsonl": "{}",
  "evaluation_data/full_eval/glue_filtered/rte.valid.jsonl": "{}",
  "evaluation_data/fast_eval/blimp_fast/a.jsonl": "{}",
  "evaluation_data/fast_eval/ewok_fast/._b.jsonl": "{}",
  "elsewhere/a.jsonl": "{}",
};

test("--data may be the parent folder, evaluation_data, a suite, or a task's own folder, and reports how it was interpreted", (t) => {
  const root = temporaryFolder(t, DATA);
  const found = (below: string, wanted: string, isFast = false) => {
    const { present, suite, taken } = findTasks(path.join(root, below), wanted, isFast);
    const short = (text: string) => text.replaceAll(`${root}/`, "").replaceAll(root, ".");
    return [suite, ...present.map(({ task, dataFolder }) => `${task} ${short(dataFolder)}`), short(taken)];
  };
  const full = ["full", "blimp evaluation_data/full_eval/blimp_filtered", "full suite in evaluation_data/full_eval"];
  const fast = ["fast", "blimp evaluation_data/fast_eval/blimp_fast", "fast suite in evaluation_data/fast_eval"];
  for (const data of ["", "evaluation_data", "evaluation_data/full_eval"]) {
    assert.deepEqual(found(data, "blimp"), full);
    assert.deepEqual(found(data, "blimp", true), fast);
  }
  assert.deepEqual(found("evaluation_data/fast_eval", "blimp"), fast);
  const own = "evaluation_data/full_eval/blimp_filtered";
  for (const wanted of ["blimp", "all"])
    assert.deepEqual(found(own, wanted), ["full", `blimp ${own}`, `data of blimp in ${own}`]);
  const ownFast = "evaluation_data/fast_eval/blimp_fast";
  assert.deepEqual(found(ownFast, "all"), ["fast", `blimp ${ownFast}`, `data of blimp in ${ownFast}`]);
  assert.deepEqual(found("elsewhere", "blimp"), ["full", "blimp elsewhere", "data of blimp in elsewhere"]);
  assert.deepEqual(found("evaluation_data", "all").slice(1, 3), [
    "blimp evaluation_data/full_eval/blimp_filtered",
    "reading evaluation_data/full_eval/reading",
  ]);
  const glue = findTasks(path.join(root, "evaluation_data/full_eval/glue_filtered"), "all", false, SUPERGLUE);
  assert.deepEqual([glue.present.map(({ task }) => task), glue.absent.length], [["rte"], 6]);
});

test("a folder without the wanted data is refused with its expected content", (t) => {
  const root = temporaryFolder(t, DATA);
  const find =
    (below: string, wanted: string, isFast = false) =>
    () =>
      findTasks(path.join(root, below), wanted, isFast);
  assert.throws(find("nowhere", "blimp"), /nowhere: no such folder; want one with evaluation_data\//);
  assert.throws(
    find("elsewhere", "all"),
    /elsewhere: no task of the full suite; want evaluation_data\/, full_eval\/ or/,
  );
  assert.throws(find("evaluation_data", "aoa"), /no folder full_eval\/aoa; want/);
  assert.throws(find("evaluation_data", "blmp"), /did you mean "blimp"/);
  // a folder of hidden files alone holds no data
  assert.throws(find("", "ewok", true), /no \.jsonl file in fast_eval\/ewok_fast/);
});
