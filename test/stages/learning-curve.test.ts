/** @file The learning curve of two checkpoints: one that knows nothing, whose numbers are known, and one with random weights. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { saveHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { CURVE_FILE, learningCurveOf } from "../../src/results/learning-curve";
import { hasLearningCurve, learningCurve } from "../../src/stages/learning-curve";
import { jobsFor, type StageNode, stageGraph } from "../../src/stages/stage-graph";
import { stageNeeds } from "../../src/stages/stage-needs";
import { openWorkspace, preparedFolder, runFolder, tokenizerFolder, type Workspace } from "../../src/stages/workspace";
import { initBackend, tf } from "../../src/tensor";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { Tokenizer } from "../../src/tokenizer/tokenizer";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";
import { temporaryFolder } from "../support/temporary-folder";
import { dataWorkspace } from "./support/data-workspace";

const VOCABULARY = 300;
const held = ["the cat sat on the mat", "a dog ran"].map((text, i) => ({
  id: `d${i}`,
  group: `g${i}`,
  source: "childes",
  text,
}));
const PAIRS = [
  ["The cat sits.", "The cat sit."],
  ["Dogs run.", "Dogs runs."],
];
const pair = (good: string, bad: string) =>
  JSON.stringify({
    sentence_good: good,
    sentence_bad: bad,
    field: "syntax",
    linguistics_term: "agreement",
    UID: "a",
    pair_id: 0,
  });

async function workspaceWith(folder: string): Promise<Workspace> {
  const w = openWorkspace(projectRoot(), {
    scale: "study",
    seed: 42,
    suite: "full",
    data: path.join(folder, "data"),
    runs: path.join(folder, "runs"),
    results: path.join(folder, "data", "results", "study"),
  });
  const tokenizer = trainBpe(
    held.map(({ text }) => text),
    { vocabSize: VOCABULARY },
  );
  tokenizer.save(tokenizerFolder(w, "wide"));
  fs.mkdirSync(preparedFolder(w), { recursive: true });
  const lines = held.map((document) => `${JSON.stringify(document)}\n`).join("");
  fs.writeFileSync(path.join(preparedFolder(w), "documents-validation.jsonl"), lines);
  await initBackend();
  for (const [step, isEmpty] of [
    ["chck_2M", false],
    ["chck_1M", true],
  ] as const) {
    const shape = {
      vocabSize: tokenizer.vocabSize,
      hiddenSize: 16,
      intermediateSize: 32,
      numHiddenLayers: 1,
      numAttentionHeads: 2,
    };
    const llama = Llama.init(llamaConfig(shape), Rng.fromSeed(step));
    if (isEmpty) for (const weight of llama.weights.values()) weight.assign(tf.zerosLike(weight));
    await saveHuggingFace(path.join(runFolder(w, "wide-base"), "checkpoints", step), llama, tokenizer);
    llama.dispose();
  }
  return w;
}

test("a checkpoint of zeros loses ln V a token and passes every pair by the rule for ties; order is by words", async (t) => {
  const folder = temporaryFolder(t, {
    "data/evaluation_data/full_eval/blimp_filtered/a.jsonl": PAIRS.map(
      ([good, bad]) => `${pair(good, bad)}
`,
    ).join(""),
  });
  const w = await workspaceWith(folder);
  await learningCurve(w, "wide", () => {});
  const rows = learningCurveOf("study", "wide-base", folder);
  assert.deepEqual(
    rows.map(({ words, measure, metric, n }) => [words, measure, metric, n]),
    [1e6, 2e6].flatMap((words) => [
      [words, "blimp", "accuracy", 2],
      [words, "childes", "loss_nats", rows[1].n],
    ]),
  );
  // every token is as likely as any other, so the sentence of fewer tokens is; of two tied ones the first, the good one
  const tokenizer = Tokenizer.load(tokenizerFolder(w, "wide"));
  const passed = PAIRS.filter(([good, bad]) => tokenizer.encode(good).ids.length <= tokenizer.encode(bad).ids.length);
  assert.equal(rows[0].value, passed.length / PAIRS.length);
  const vocabulary = Number(
    JSON.parse(fs.readFileSync(path.join(runFolder(w, "wide-base"), "checkpoints/chck_1M/config.json"), "utf8"))
      .vocab_size,
  );
  assert.ok(Math.abs(rows[1].value - Math.log(vocabulary)) < 1e-5, `${rows[1].value}, ln ${vocabulary}`);
  assert.notEqual(rows[3].value, rows[1].value);

  const file = path.join(w.resultsFolder, "wide-base", CURVE_FILE);
  const written = fs.readFileSync(file, "utf8");
  fs.rmSync(path.join(runFolder(w, "wide-base"), "learning-curve", "chck_2M.done.json")); // killed in the second checkpoint
  const started: string[] = [];
  await learningCurve(w, "wide", (_, note) => started.push(note));
  assert.equal(fs.readFileSync(file, "utf8"), written);
  assert.ok(!started.some((note) => note.startsWith("chck_1M,")), "the finished checkpoint is not scored again");
});

test("the scale study has the stage after pre-training and before the summary, the scale tiny has none", (t) => {
  const folder = temporaryFolder(t, { "data/evaluation_data/full_eval/blimp_filtered/a.jsonl": `${pair("a", "b")}\n` });
  const open = (scale: "study" | "tiny") => dataWorkspace(folder, scale);
  assert.ok(hasLearningCurve(open("study")));
  const graph = stageGraph(open("study"));
  assert.deepEqual(graph.find(({ id }) => id === "learning-curve/wide")?.needs, ["pretrain/wide"]);
  assert.ok(graph.find(({ id }) => id === "summarise/wide-base")?.needs.includes("learning-curve/wide"));
  assert.equal(jobsFor(open("study")).filter(({ id }) => id.startsWith("learning-curve/")).length, 2);
  const needs = stageNeeds(open("study"), graph.find(({ id }) => id === "learning-curve/wide") as StageNode, {
    flops: 1e9,
    threads: 2,
    gpu: 0,
  });
  assert.ok(needs.minutes >= 10 && needs.memoryMb > 1000);
  assert.ok(!stageGraph(open("tiny")).some(({ kind }) => kind === "learning-curve"));
});

test("without a checkpoint the stage says which stage makes them", async (t) => {
  const folder = temporaryFolder(t, { "data/x.train": "" });
  await assert.rejects(
    learningCurve(dataWorkspace(folder, "study"), "wide", () => {}),
    /has no checkpoint; run "pretrain\/wide"/,
  );
});
