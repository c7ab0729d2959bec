import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { findTasks } from "../../src/eval/available-tasks";
import { OFFICIAL } from "../../src/eval/scoring-mode";
import { fineTuneModel, poolingMode } from "../../src/stages/finetune-model";
import { loadModel, scoreModel } from "../../src/stages/score-model";
import { initBackend } from "../../src/tensor";
import { filesBelow } from "../../src/util/list-files";
import { temporaryFolder } from "../support/temporary-folder";
import { saveSmallModel } from "./support/small-model";

const lines = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const MONTHS = Array.from({ length: 15 }, (_, i) => 16 + i);

test("age of acquisition of a model folder resumes after a kill: checkpoints that were scored are not scored again", async (t) => {
  await initBackend();
  const words = ["cat", "dog", "it"];
  const folder = temporaryFolder(t, {
    "data/full_eval/aoa/cdi_childes.json": JSON.stringify(
      Object.fromEntries(words.map((word) => [word, [{ context: "the" }, { context: "what is" }]])),
    ),
    "data/full_eval/aoa/cdi_human.csv": [
      `word,${MONTHS.join(",")}`,
      ...words.map((word, w) => [word, ...MONTHS.map((m) => 1 / (1 + Math.exp(18 + w - m)))].join(",")),
    ].join("\n"),
  });
  const modelFolder = path.join(folder, "model");
  const checkpoints = path.join(folder, "checkpoints");
  await saveSmallModel(modelFolder, "final");
  for (const step of ["chck_1M", "chck_2M", "chck_10M", "chck_20M"])
    await saveSmallModel(path.join(checkpoints, step), step);
  const outFolder = path.join(folder, "results");
  const score = async (checkpointsFolder: string | null = checkpoints) => {
    const steps = new Set<string | undefined>();
    const found = await scoreModel({
      modelFolder,
      name: "model",
      tasks: findTasks(path.join(folder, "data"), "all", false),
      outFolder,
      mode: OFFICIAL,
      checkpointsFolder,
      whyNoCheckpoints: "none here",
      onProgress: (_, __, ___, note) => steps.add(note),
    });
    return { ...found, steps: [...steps] };
  };
  const first = await score();
  assert.deepEqual(first.steps, ["chck_1M", "chck_2M", "chck_10M", "chck_20M"]);
  assert.deepEqual(
    first.scores.map(({ task }) => task),
    ["aoa"],
  );
  const journal = path.join(outFolder, "model/main/zero_shot/causal/AoA_word/item-scores.jsonl");
  const whole = fs.readFileSync(journal, "utf8");
  fs.writeFileSync(
    journal,
    `${whole
      .split("\n")
      .slice(0, 1 + 2 * 6)
      .join("\n")}\n`,
  ); // killed after two checkpoints
  const second = await score();
  assert.deepEqual(second.steps, ["chck_10M", "chck_20M"]);
  assert.deepEqual(second.scores, first.scores);
  assert.equal(fs.readFileSync(journal, "utf8"), whole);

  const absent = (await score(null)).absent.find(({ task }) => task === "aoa");
  assert.equal(absent?.why, "none here");
});

test("a model that is loaded once for two tasks gives the files of one load per task, and is not freed", async (t) => {
  await initBackend();
  const pairs = [
    { sentence_good: "the cat sleeps .", sentence_bad: "the sleeps cat ." },
    { sentence_good: "what is it ?", sentence_bad: "what it is ?" },
  ].map((pair) => ({ ...pair, UID: "order", linguistics_term: "syntax", field: "syntax" }));
  const folder = temporaryFolder(t, {
    "data/full_eval/blimp_filtered/order.jsonl": lines(pairs),
    "data/full_eval/supplement_filtered/order.jsonl": lines(pairs),
  });
  const modelFolder = path.join(folder, "model");
  await saveSmallModel(modelFolder, "final");
  const loaded = loadModel(modelFolder);
  t.after(() => loaded.llama.dispose());
  const score = async (task: string, outFolder: string, once: boolean) => {
    const { scores } = await scoreModel({
      modelFolder,
      ...(once && { loaded }),
      name: "model",
      tasks: findTasks(path.join(folder, "data"), task, false),
      outFolder: path.join(folder, outFolder),
      mode: OFFICIAL,
      checkpointsFolder: null,
      whyNoCheckpoints: "",
    });
    return scores;
  };
  for (const task of ["blimp", "blimp_supplement"]) {
    assert.deepEqual(await score(task, "once", true), await score(task, "each", false));
  }
  const journals = filesBelow(path.join(folder, "each")).filter((file) => file.endsWith("item-scores.jsonl"));
  assert.equal(journals.length, 2);
  for (const file of journals) {
    const [once, each] = ["once", "each"].map((name) => fs.readFileSync(path.join(folder, name, file), "utf8"));
    assert.equal(once, each);
  }
});

test("fine-tuning accepts pairs with one or two empty texts", async (t) => {
  await initBackend();
  const pairs = [
    ["the cat sleeps .", "the dog barks ."],
    ["", "what is it ?"],
    ["what is it ?", ""],
    ["", ""],
  ];
  const rows = pairs.map(([question1, question2], i) => ({ question1, question2, label: i % 2 }));
  const folder = temporaryFolder(t, { "qqp.train.jsonl": lines([...rows, ...rows]), "qqp.valid.jsonl": lines(rows) });
  const modelFolder = path.join(folder, "model");
  await saveSmallModel(modelFolder, "final");
  for (const pooling of ["first", "last_real", "last_left_padded"] as const) {
    const { score, right } = await fineTuneModel({
      modelFolder,
      name: "model",
      task: "qqp",
      dataFolder: folder,
      outFolder: path.join(folder, pooling),
      settings: {
        learningRate: 1e-3,
        batchSize: 4,
        epochs: 1,
        maxLength: 32,
        weightDecay: 0.01,
        warmupShare: 0.06,
        floor: 0.1,
        dropout: 0,
        selectBy: "accuracy",
        maxTrainRows: null,
        maxValidRows: null,
      },
      mode: poolingMode(pooling),
      seed: 1,
    });
    assert.equal(score.n, 4);
    assert.equal(right.reduce((sum, v) => sum + v, 0) / 4, score.value);
    const file = path.join(folder, pooling, "model/main/finetune/qqp/predictions.json");
    assert.equal(JSON.parse(fs.readFileSync(file, "utf8")).qqp.predictions.length, 4);
  }
});
