import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { PROTOCOL_2026_SWITCHES } from "../../src/eval/scoring-mode";
import { FINETUNING } from "../../src/experiments/finetuning";
import { protocolChanges } from "../../src/stages/protocol-changes";
import { initBackend } from "../../src/tensor";
import { temporaryFolder } from "../support/temporary-folder";
import { saveSmallModel } from "./support/small-model";

const lines = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

test("each task is scored under 2025, under the changes that can matter to it, and under 2026 if it has the task", async (t) => {
  await initBackend();
  const ewok = { Domain: "d", Context1: "the cat", Context2: "the dog", Target1: "sleeps", Target2: "barks" };
  const boxes = [
    ["the cat", "the dog"],
    ["nothing", "the dog"],
  ].map((options) => ({ input_prefix: "what is ", options, numops: 0 }));
  const pairs = Array.from({ length: 40 }, (_, i) => ({ sentence1: "the cat", sentence2: "the dog", label: i % 2 }));
  const folder = temporaryFolder(t, {
    "full_eval/supplement_filtered/a.jsonl": lines([
      { sentence_good: "the cat sleeps", sentence_bad: "the cat barks" },
      { sentence_good: "the dog barks", sentence_bad: "the dog barks" }, // a tie
    ]),
    "full_eval/ewok_filtered/d.jsonl": lines([{ ...ewok, ContextType: "x", ContextDiff: "y", TargetDiff: "z" }]),
    "full_eval/entity_tracking/regular.jsonl": lines(boxes),
    "full_eval/wug_past_tense/w.jsonl": lines(
      ["cat", "dog", "it"].map((word, i) => ({ sentences: `the ${word} sleeps\tthe ${word} barks`, ratio: i / 3 })),
    ),
    "full_eval/glue_filtered/rte.train.jsonl": lines(pairs),
    "full_eval/glue_filtered/rte.valid.jsonl": lines(pairs.slice(0, 8)),
  });
  const modelFolder = path.join(folder, "model");
  await saveSmallModel(modelFolder, "protocols");
  const rows = await protocolChanges({
    modelFolder,
    name: "small",
    data: folder,
    isFast: false,
    checkpointsFolder: null,
    fineTuning: FINETUNING.tiny,
    outFolder: path.join(folder, "out"),
    seed: 42,
  });
  const all = Object.fromEntries(rows.map((row) => [row.task, row]));
  assert.deepEqual(Object.keys(all), ["blimp_supplement", "ewok", "entity_tracking", "wug_past", "rte"]);
  const changesOf = (task: string) => Object.keys(all[task].changes);
  assert.deepEqual(changesOf("blimp_supplement"), ["ties-random", "nan-lowest"]);
  assert.deepEqual(changesOf("ewok"), ["ties-random", "nan-lowest", "ewok-contexts"]);
  assert.deepEqual(changesOf("entity_tracking"), ["ties-random", "nan-lowest", "entity-without-nothing"]);
  assert.deepEqual(changesOf("rte"), ["left-padded-pooling"]);
  assert.ok(Object.keys(all.wug_past.changes).every((name) => PROTOCOL_2026_SWITCHES.includes(name as "nan-lowest")));
  assert.equal(all.wug_past.under2026, null);
  assert.equal(all.blimp_supplement.ties, 1);
  // nothing is NaN here, so that change changes nothing; a task that one change alone can move has its value under 2026
  for (const { under2025, changes } of rows) assert.equal(changes["nan-lowest"] ?? under2025, under2025);
  assert.equal(all.rte.under2026, all.rte.changes["left-padded-pooling"]);
  assert.equal(all.ewok.under2026, all.ewok.changes["ewok-contexts"]);
});
