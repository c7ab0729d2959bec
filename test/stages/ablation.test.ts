import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { readingGain } from "../../src/eval/reading-gain";
import { saveHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { ABLATION_MODELS, ABLATION_TASKS, ABLATION_TOKENIZERS, findAblation } from "../../src/results/ablation";
import { ablationJobs, writeAblation } from "../../src/stages/ablation";
import { openWorkspace } from "../../src/stages/workspace";
import { loadReading } from "../../src/tasks/reading";
import { initBackend } from "../../src/tensor";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { writeJson } from "../../src/util/jsonl";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";
import { temporaryFolder } from "../support/temporary-folder";

test("four models, each pre-trained, scored and tuned on five tasks; all is open before anything has run", (t) => {
  const w = workspace(temporaryFolder(t));
  const jobs = ablationJobs(w).map(({ id }) => id);
  assert.equal(jobs.length, 1 + 4 * (2 + ABLATION_TASKS.length));
  assert.deepEqual(jobs.slice(0, 4), [
    "prepare",
    "pretrain/wide-byte-level",
    "zero-shot/wide-byte-level",
    "finetune/wide-byte-level/rte",
  ]);
  const results = writeAblation(w);
  assert.deepEqual([results.open, results.training, results.readingEffects], [jobs, [], []]);
});

test("what has been done is gathered; a difference compares two models that differ in one thing", (t) => {
  const folder = temporaryFolder(t);
  const w = workspace(folder);
  const rows = loadReading(path.join(w.dataFolder, "evaluation_data/full_eval/reading/reading_data.csv"));
  const surprisals = new Map<string, number[]>();
  for (const { id } of ABLATION_MODELS.slice(0, 3)) {
    const rng = Rng.fromSeed(`ablation/${id}`);
    const predictions = rows.map((row, i) => ({
      id: i,
      pred: rng.normal() + row.length,
      prev_pred: row.previous === null ? null : rng.normal(),
    }));
    surprisals.set(
      id,
      predictions.map(({ pred }) => pred),
    );
    for (const mode of ["official", "mode-reading-blank"]) {
      const file = path.join(w.runsFolder, id, mode, id, "main/zero_shot/causal/reading/predictions.json");
      writeJson(file, { reading: { predictions } });
    }
    writeJson(path.join(w.runsFolder, id, "zero-shot.json"), [{ model: id, task: "reading_eye_tracking", value: 1 }]);
    writeJson(path.join(w.runsFolder, id, "zero-shot.done.json"), {});
  }
  const results = writeAblation(w);
  assert.ok(!results.open.includes("zero-shot/wide-byte-level"));
  assert.ok(results.open.includes("zero-shot/narrow-sentencepiece"));
  assert.deepEqual(
    results.readingEffects
      .filter(({ mode, task }) => mode === "official" && task === "reading_eye_tracking")
      .map(({ of, at }) => `${of} at ${at}`),
    ["tokenizer at wide", "size at byte-level"], // the fourth model is not there yet
  );
  const size = results.readingEffects.find((e) => e.of === "size" && e.task === "reading_eye_tracking");
  const gain = (id: string) =>
    readingGain(rows.map((row, i) => ({ ...row, pred: surprisals.get(id)?.[i] ?? 0, prevPred: 0 }))).eyeTrackingPercent;
  assert.deepEqual(
    size?.values.map((value) => value.toFixed(9)),
    ["wide-byte-level", "narrow-byte-level"].map((id) => gain(id).toFixed(9)),
  );
  fs.mkdirSync(path.join(folder, "data", "results"), { recursive: true });
  fs.renameSync(w.resultsFolder, path.join(folder, "data", "results", "ablation"));
  assert.deepEqual(findAblation(folder), results);
});

test("with a leading <s>, the first position is equal in all rows; without it, it differs", async (t) => {
  const folder = temporaryFolder(t);
  const data = path.join(folder, "data");
  const sample = path.join(projectRoot(), "data", "sample", "evaluation_data");
  const copy = (file: string, lines: number) => {
    fs.mkdirSync(path.dirname(path.join(data, "evaluation_data", file)), { recursive: true });
    const text = fs.readFileSync(path.join(sample, file), "utf8").split("\n").slice(0, lines).join("\n");
    fs.writeFileSync(path.join(data, "evaluation_data", file), `${text}\n`);
  };
  copy("full_eval/glue_filtered/rte.train.jsonl", 64);
  copy("full_eval/glue_filtered/rte.valid.jsonl", 40);
  copy("full_eval/reading/reading_data.csv", 80);
  copy("fast_eval/blimp_fast/adjunct_island.jsonl", 10);
  const w = { ...workspace(folder, data), scale: "tiny" as const };
  const lines = fs.readFileSync(path.join(sample, "full_eval/glue_filtered/rte.train.jsonl"), "utf8").split("\n");
  await initBackend();
  for (const kind of ABLATION_TOKENIZERS) {
    const tokenizer = trainBpe(lines, { vocabSize: 400, kind });
    const shape = { vocabSize: 400, hiddenSize: 16, intermediateSize: 32, numHiddenLayers: 1, numAttentionHeads: 2 };
    const llama = Llama.init(llamaConfig(shape), Rng.fromSeed(kind));
    await saveHuggingFace(path.join(w.runsFolder, `wide-${kind}`, "model"), llama, tokenizer);
    llama.dispose();
    for (const job of ablationJobs(w)) {
      if (job.id === `zero-shot/wide-${kind}` || job.id === `finetune/wide-${kind}/rte`) await job.run(() => {});
    }
  }
  const { scores, fineTuning, readingEffects } = writeAblation(w);
  assert.equal(scores.length, 2 * (2 * 2 + 1)); // two readings under two scorers, and BLiMP
  assert.deepEqual(
    readingEffects.map(({ of, at, mode }) => `${of} ${at} ${mode}`),
    ["official", "official", "reading-blank", "reading-blank"].map((mode) => `tokenizer wide ${mode}`),
  );
  const first = fineTuning.filter(({ pooling }) => pooling === "first");
  assert.deepEqual(
    first.map(({ model, validRows }) => [model, validRows]),
    [
      ["wide-byte-level", 40],
      ["wide-sentencepiece", 40],
    ],
  );
  assert.ok(first[0].firstTokens > 1);
  assert.equal(first[1].firstTokens, 1);
  assert.equal(Math.max(...first[1].predictedShares), 1, "constant features, so one class for every row");
  assert.ok(
    first.every(({ accuracy, labelShares }) => accuracy >= 0 && Math.abs(labelShares[0] + labelShares[1] - 1) < 1e-9),
  );
});

function workspace(folder: string, data = path.join(projectRoot(), "data", "sample")) {
  return openWorkspace(projectRoot(), {
    scale: "small",
    seed: 42,
    suite: "fast",
    data,
    runs: path.join(folder, "runs"),
    results: path.join(folder, "results"),
  });
}
