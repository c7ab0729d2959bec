import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { accuracy } from "../../src/eval/metrics";
import { FINETUNE_OPTIMIZER } from "../../src/experiments/finetuning";
import { loadHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { SafetensorsFile } from "../../src/model/checkpoint/safetensors";
import { POOLINGS, type Pooling, SequenceClassifier } from "../../src/model/sequence-classifier";
import { loadGlue, SUPERGLUE } from "../../src/tasks/superglue";
import { initBackend, tf } from "../../src/tensor";
import { Tokenizer } from "../../src/tokenizer/tokenizer";
import {
  type ClassifierRow,
  type ClassifierSettings,
  ClassifierTrainer,
  fineTune,
} from "../../src/train/finetune-classifier";
import { Rng } from "../../src/util/rng";
import { assertAllClose, isClose } from "../support/close";
import { golden, referencePath, skipWithout } from "../support/reference";
import { tinyModel } from "./support/tiny-stage";

let backend = "";
before(async () => {
  backend = (await initBackend()).name;
});

const SETTINGS: ClassifierSettings = {
  learningRate: 3e-5,
  batchSize: 16,
  epochs: 3,
  weightDecay: 0.01,
  optimizer: FINETUNE_OPTIMIZER,
  warmupShare: 0.06,
  floor: 0.1,
  dropout: 0,
  numLabels: 2,
  pooling: "last_real",
  metrics: (predicted, gold) => ({ accuracy: accuracy(predicted, gold) }),
  selectBy: "accuracy",
};

interface TaskOracle {
  file: string;
  batch_size: number;
  num_labels: number;
  rows: number;
  total_steps: number;
  warmup_steps: number;
  first_row_ids: number[];
  labels_first32: number[];
  lengths_first32: number[];
  pooling: Record<
    string,
    Record<string, { losses: number[]; lrs: number[]; grad_norm: number[] } & Record<string, number>>
  >;
}

const skip = skipWithout(
  "oracles/finetune.json",
  "oracles/model",
  "data/evaluation_data/full_eval/glue_filtered_sample",
);
const oracleFolder = () => referencePath("oracles") ?? "";

/** The pipeline's own classifier on PyTorch: logits of the first rows, and five updates with its schedule. */
for (const task of ["rte", "wsc", "boolq", "mrpc", "mnli"]) {
  test(`${task}: logits, losses and gradient norms equal the official pipeline's`, { skip }, async (t) => {
    if (backend === "cpu" && task !== "mrpc") return t.skip("minutes in plain JavaScript");
    const want = JSON.parse(fs.readFileSync(path.join(oracleFolder(), "finetune.json"), "utf8")).tasks[
      task
    ] as TaskOracle;
    const file = referencePath(want.file.replace("shared/", ""))!;
    const tokenizer = Tokenizer.load(path.join(oracleFolder(), "model"));
    const glue = SUPERGLUE.find(({ name }) => name === task)!;
    const rows: ClassifierRow[] = loadGlue(glue, file).map(({ a, b, label }) => ({
      ids: tokenizer.encodePair(a, b, { maxLength: 512 }).ids,
      label,
    }));
    assert.deepEqual(rows[0].ids, want.first_row_ids);
    assert.deepEqual(
      rows.slice(0, 32).map((row) => row.ids.length),
      want.lengths_first32,
    );
    const heads = SafetensorsFile.open(path.join(oracleFolder(), "finetune_head.safetensors"));
    const head = new Map(
      [1, 5]
        .flatMap((i) => ["weight", "bias"].map((part) => `nonlinearity.${i}.${part}`))
        .map((name) => [name, heads.read(`labels${want.num_labels}.${name}`).values]),
    );
    const expected = SafetensorsFile.open(path.join(oracleFolder(), "finetune_logits.safetensors"));
    for (const pooling of POOLINGS) {
      const logits: number[] = [];
      const llama = loadHuggingFace(path.join(oracleFolder(), "model"));
      const classifier = SequenceClassifier.fromValues(llama, want.num_labels, pooling, head);
      for (let b = 0; b < Math.min(32, rows.length); b += want.batch_size) {
        const batch = classifier.logits(rows.slice(b, Math.min(b + want.batch_size, 32)).map((row) => row.ids));
        logits.push(...(await batch.data()));
        batch.dispose();
      }
      const tolerance = { atol: 2e-4, rtol: 0 };
      assertAllClose(logits, expected.read(`${task}.${pooling}.logits`).values, tolerance, `${pooling} logits`);
      classifier.dispose();
      llama.dispose();
      for (const [name, rate] of [
        ["lr3e-5", 3e-5],
        ["lr1e-3", 1e-3],
      ] as const) {
        const run = want.pooling[pooling][name];
        const enough = pooling === "last_real" && name === "lr3e-5"; // one task in all its ways, the others in this one
        if (run === undefined || (task !== "rte" && !enough)) continue;
        await compareUpdates(want, rows, head, pooling, rate, run);
      }
    }
  });
}

async function compareUpdates(
  want: TaskOracle,
  rows: readonly ClassifierRow[],
  head: Map<string, Float32Array>,
  pooling: Pooling,
  learningRate: number,
  run: { losses: number[]; grad_norm: number[] } & Record<string, unknown>,
): Promise<void> {
  const llama = loadHuggingFace(path.join(oracleFolder(), "model"));
  const classifier = SequenceClassifier.fromValues(llama, want.num_labels, pooling, head);
  const size = want.batch_size;
  const perEpoch = Math.floor(want.rows / size);
  const settings = { ...SETTINGS, learningRate, batchSize: size, numLabels: want.num_labels, pooling };
  const trainer = new ClassifierTrainer(classifier, settings, perEpoch);
  assert.equal(trainer.totalSteps, want.total_steps);
  for (let step = 0; step < 5; step++) {
    const first = (step % perEpoch) * size;
    const loss = await trainer.update(rows.slice(first, first + size), Rng.fromSeed(0));
    const where = `${pooling} at ${learningRate}, update ${step}`;
    assert.ok(isClose(loss, run.losses[step], { atol: 2e-4 }), `${where}: loss ${loss}, want ${run.losses[step]}`);
    assert.ok(isClose(trainer.lastGradNorm, run.grad_norm[step], { rtol: 1e-3 }), `${where}: gradient norm`);
  }
  const norm = (variable: tf.Variable) => tf.tidy(() => tf.norm(variable).dataSync()[0]);
  const trained = classifier.trainable();
  for (const [key, name] of [
    ["head_out_weight_norm_after5", "nonlinearity.5.weight"],
    ["head_hidden_weight_norm_after5", "nonlinearity.1.weight"],
    ["final_norm_weight_norm_after5", "model.norm.weight"],
  ]) {
    assert.ok(isClose(norm(trained.get(name)!), run[key] as number, { rtol: 1e-5 }), `${pooling}: ${key}`);
  }
  trainer.dispose();
  classifier.dispose();
  llama.dispose();
}

interface ClassifierGolden {
  labels: number;
  batches: number[][][];
  gold: number[][];
  head: Record<string, number[]>;
  poolings: Record<Pooling, { logits: number[]; losses: number[]; gradientNorms: number[]; logitsAfter: number[] }>;
}

/** classifier.json was made by PyTorch; see make_training.py there. */
test("a small classifier's scores and updates equal PyTorch's, whichever position is classified", async () => {
  const want = golden<ClassifierGolden>("train/classifier.json");
  const head = new Map(Object.entries(want.head).map(([name, values]) => [name, Float32Array.from(values)]));
  for (const pooling of POOLINGS) {
    const { logits, losses, gradientNorms, logitsAfter } = want.poolings[pooling];
    const llama = tinyModel("golden");
    const classifier = SequenceClassifier.fromValues(llama, want.labels, pooling, head);
    const scores = async () => {
      const tensor = classifier.logits(want.batches[0]);
      const values = await tensor.data();
      tensor.dispose();
      return values;
    };
    assertAllClose(await scores(), logits, { atol: 2e-5, rtol: 0 }, `${pooling}: scores`);
    const settings = { ...SETTINGS, learningRate: 1e-3, epochs: 1, warmupShare: 0.25, numLabels: want.labels, pooling };
    const trainer = new ClassifierTrainer(classifier, settings, want.batches.length);
    for (const [step, rows] of want.batches.entries()) {
      const batch = rows.map((ids, i) => ({ ids, label: want.gold[step][i] }));
      const loss = await trainer.update(batch, Rng.fromSeed(0));
      assert.ok(
        isClose(loss, losses[step], { atol: 5e-5 }),
        `${pooling}, update ${step}: ${loss}, want ${losses[step]}`,
      );
      assert.ok(isClose(trainer.lastGradNorm, gradientNorms[step], { rtol: 2e-4 }), `${pooling}: gradient norm`);
    }
    assertAllClose(await scores(), logitsAfter, { atol: 5e-4, rtol: 0 }, `${pooling}: scores afterwards`);
    trainer.dispose();
    classifier.dispose();
    llama.dispose();
  }
});

/** Class 1 if the last token is odd: the first token, always 0, tells nothing. */
function lastTokenRows(count: number, seed: string): ClassifierRow[] {
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: count }, () => {
    const ids = [0, ...Array.from({ length: 2 + rng.int(6) }, () => 4 + rng.int(20))];
    return { ids, label: ids[ids.length - 1] % 2 };
  });
}

test("information in the last token is learnt by last-token pooling and not by first-token pooling", async () => {
  const model = tinyModel();
  const before = await model.values();
  const data = { train: lastTokenRows(128, "train"), valid: lastTokenRows(40, "valid") };
  const score = async (pooling: Pooling) => {
    const settings = { ...SETTINGS, pooling, learningRate: 1e-2, epochs: 4, dropout: 0.1 };
    return fineTune(model, data, settings, Rng.fromSeed(1));
  };
  const tensors = tf.memory().numTensors;
  const last = await score("last_real");
  assert.equal(tf.memory().numTensors, tensors, "everything is freed");
  assert.ok(last.metrics.accuracy > 0.9, `accuracy ${last.metrics.accuracy}`);
  assert.equal(last.predictions.length, 40);
  assert.equal(last.epochs.length, 4);
  assert.equal(
    last.bestEpoch,
    last.epochs.findIndex((e) => e.metrics.accuracy === last.metrics.accuracy),
  );
  const first = await score("first");
  assert.equal(new Set(first.predictions).size, 1, "a constant first token gives constant predictions");
  assert.deepEqual(await score("last_real"), last); // the same again
  assert.deepEqual(await model.values(), before); // the given model is left alone
  model.dispose();
});

test("passes of any size give the same update", async () => {
  const data = { train: lastTokenRows(32, "train"), valid: lastTokenRows(8, "valid") };
  const losses = [];
  for (const maxMicroBatchTokens of [16, 8192]) {
    const model = tinyModel();
    const settings = { ...SETTINGS, maxMicroBatchTokens, learningRate: 1e-2 };
    losses.push((await fineTune(model, data, settings, Rng.fromSeed(1))).epochs.map((e) => e.trainLoss));
    model.dispose();
  }
  assertAllClose(losses[0], losses[1], { rtol: 1e-4 });
});

test("rows that cannot be trained on are refused", async () => {
  const model = tinyModel();
  const valid = lastTokenRows(4, "valid");
  const run = (train: ClassifierRow[], change: Partial<ClassifierSettings> = {}) =>
    fineTune(model, { train, valid }, { ...SETTINGS, batchSize: 4, ...change }, Rng.fromSeed(1));
  await assert.rejects(run(lastTokenRows(3, "few")), /3 training rows are fewer than one batch of 4/);
  await assert.rejects(run([...lastTokenRows(4, "x"), { ids: [], label: 0 }]), /training row 4 has no tokens/);
  await assert.rejects(run([...lastTokenRows(4, "x"), { ids: [1], label: 2 }]), /row 4 has class 2, want 0 to 1/);
  await assert.rejects(run(lastTokenRows(4, "x"), { selectBy: "f2", epochs: 1 }), /"f2"; the metrics are accuracy/);
  model.dispose();
});
