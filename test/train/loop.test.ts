import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { SafetensorsFile } from "../../src/model/checkpoint/safetensors";
import { initBackend, tf } from "../../src/tensor";
import { trainStage } from "../../src/train/loop";
import { readStepTable, VALIDATION_COLUMNS, type ValidationRow } from "../../src/train/loss-table";
import type { StageSettings } from "../../src/train/training-stage";
import { validationLoss } from "../../src/train/validation";
import { TINY_DATA, TINY_SETTINGS, tinyExamples, tinyModel } from "./support/tiny-stage";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-loop-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));
before(async () => {
  process.env.CLASS_IT_QUIET = "1";
  await initBackend();
});
const folder = (name: string) => path.join(scratch, name);

test("a stage learns, and writes losses, validation by source, best and final weights", async () => {
  const model = tinyModel();
  const lines: string[] = [];
  const result = await trainStage(model, TINY_DATA, TINY_SETTINGS, {
    runFolder: folder("learns"),
    log: (line) => lines.push(line),
  });
  const tokens = TINY_DATA.train.reduce((sum, e) => sum + e.ids.length - 1, 0);
  const steps = 3 * Math.ceil(Math.ceil(tokens / 16) / 4);
  assert.equal(result.steps, steps);
  assert.equal(result.losses.length, steps);
  assert.ok(result.tokensSeen < 1.02 * 3 * tokens, "under 2 % padding");
  assert.equal(result.wordsSeen, 3 * TINY_DATA.train.reduce((sum, e) => sum + e.words, 0));
  assert.ok(Math.abs(result.losses[0].lossNats - Math.log(24)) < 0.2, "the first loss is about ln V");
  assert.ok(result.validation[0].lossNats < 2 && result.validation[1].lossNats < 2, "it learns to count");
  const table = readStepTable<ValidationRow>(
    path.join(folder("learns"), "pretrain", "validation.csv"),
    VALIDATION_COLUMNS,
  );
  assert.deepEqual(
    table.map((row) => [row.step, row.source]),
    [0, 1, 2, 3].flatMap((e) => [
      [(e * steps) / 3, "ones"],
      [(e * steps) / 3, "twos"],
    ]),
  );
  assert.deepEqual(result.validation[0].lossNats, table.at(-2)?.lossNats);
  assert.match(lines.join("\n"), /100\.0|9\d\.\d % with loss/);
  const final = SafetensorsFile.open(path.join(folder("learns"), "pretrain", "final", "weights.safetensors"));
  for (const [name, values] of await model.values()) assert.deepEqual(values, final.read(name).values);
  model.dispose();
});

test("the same stage twice gives the same bytes, and a finished one is not run again", async () => {
  const again = tinyModel();
  const result = await trainStage(again, TINY_DATA, TINY_SETTINGS, { runFolder: folder("again") });
  const read = (run: string, file: string) => fs.readFileSync(path.join(folder(run), "pretrain", file));
  for (const file of ["losses.csv", "validation.csv", "final/weights.safetensors", "best/weights.safetensors"]) {
    assert.ok(read("learns", file).equals(read("again", file)), file);
  }
  const model = tinyModel();
  let steps = 0;
  const onStep = () => {
    steps++;
  };
  const returned = await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder("again"), onStep });
  assert.equal(steps, 0);
  assert.deepEqual(returned, result);
  assert.deepEqual(await model.values(), await again.values());
  model.dispose();
  again.dispose();
});

test("accumulating over small passes gives the same update as one large pass", async () => {
  const finals = [];
  for (const maxMicroBatchTokens of [16, 64]) {
    const model = tinyModel();
    const settings: StageSettings = { ...TINY_SETTINGS, maxMicroBatchTokens, epochs: 1 };
    await trainStage(model, TINY_DATA, settings, { runFolder: folder(`micro-${maxMicroBatchTokens}`) });
    finals.push(await model.values());
    model.dispose();
  }
  for (const [name, values] of finals[0]) {
    const other = finals[1].get(name)!;
    for (let i = 0; i < values.length; i++) assert.ok(Math.abs(values[i] - other[i]) < 1e-4, `${name}[${i}]`);
  }
});

test("changed inputs are refused by name, and nothing is lost", async () => {
  const model = tinyModel();
  const run = (change: Partial<StageSettings>, data = TINY_DATA, fingerprints: Record<string, string> = {}) =>
    trainStage(model, data, { ...TINY_SETTINGS, epochs: 1, ...change }, { runFolder: folder("changed"), fingerprints });
  await run({}, TINY_DATA, { "tokenizer.json": "aa" });
  const before = await model.values();
  const fresh = tinyModel();
  model.dispose();
  const attempt = (change: Partial<StageSettings>, data = TINY_DATA, tokenizer = "aa") =>
    trainStage(
      fresh,
      data,
      { ...TINY_SETTINGS, epochs: 1, ...change },
      { runFolder: folder("changed"), fingerprints: { "tokenizer.json": tokenizer } },
    );
  await assert.rejects(attempt({ learningRate: 1 }), /result\.json: .*other inputs: settings/);
  await assert.rejects(attempt({}, { ...TINY_DATA, train: tinyExamples(60, "other") }), /training data \(was/);
  await assert.rejects(attempt({}, TINY_DATA, "bb"), /tokenizer\.json \(was aa, is bb\)/);
  await attempt({});
  assert.deepEqual(await fresh.values(), before);
  fresh.dispose();
});

test("a loss that is not finite stops the run and names the batch", async () => {
  const model = tinyModel();
  const variable = model.weights.get("model.norm.weight")!;
  variable.assign(tf.fill(variable.shape, Number.NaN));
  await assert.rejects(
    trainStage(model, { ...TINY_DATA, validation: [] }, TINY_SETTINGS, { runFolder: folder("nan") }),
    /loss is NaN at update 1, in the batch of (ones|twos) #\d+/,
  );
  model.dispose();
});

test("words seen call back at each mark once, counted over earlier stages", async () => {
  const model = tinyModel();
  const called: number[] = [];
  const words = TINY_DATA.train.reduce((sum, e) => sum + e.words, 0);
  const settings = { ...TINY_SETTINGS, epochs: 1, wordsBefore: 100, wordCheckpoints: [50, 150, 400, 100 + words, 1e6] };
  await trainStage(model, TINY_DATA, settings, {
    runFolder: folder("words"),
    onWords: async (mark) => {
      called.push(mark);
    },
  });
  assert.deepEqual(called, [150, 400, 100 + words]);
  model.dispose();
});

test("the last word of a training is a mark like any other", async () => {
  const model = tinyModel();
  // 9 words on 13 inputs, in rows of 4: as a running sum of shares, 26.999999999999996 of the 27 words
  const train = [{ ids: [...new Array<number>(13).fill(5), 1], lossFrom: 1, source: "a", words: 9 }];
  const settings = { ...TINY_SETTINGS, batchSize: 1, sequenceLength: 4, epochs: 3, wordCheckpoints: [9, 18, 27] };
  const called: number[] = [];
  const result = await trainStage(model, { train, validation: [] }, settings, {
    runFolder: folder("last-word"),
    onWords: async (mark) => {
      called.push(mark);
    },
  });
  assert.deepEqual(called, [9, 18, 27]);
  assert.equal(result.wordsSeen, 27);
  assert.deepEqual(
    result.losses.map((row) => row.words),
    [3, 6, 8, 9, 12, 15, 17, 18, 21, 24, 26, 27], // 9 x 4/13 = 2.77 and so on
  );
  model.dispose();
});

/** Examples whose reply begins after the 24 tokens that are read. */
const LONG_PROMPTS = tinyExamples(60, "long").map((e) => ({
  ...e,
  ids: [...new Array<number>(30).fill(4), ...e.ids],
  lossFrom: 31,
  source: "long",
}));

test("a source of validation without a token with loss is in no mean, no table and not in the best", async () => {
  const settings: StageSettings = { ...TINY_SETTINGS, packing: "examples", sequenceLength: 24, finalWeights: "best" };
  const run = async (name: string, validation: typeof TINY_DATA.validation) => {
    const model = tinyModel();
    const result = await trainStage(model, { ...TINY_DATA, validation }, settings, { runFolder: folder(name) });
    model.dispose();
    return result;
  };
  const want = await run("two-sources", TINY_DATA.validation);
  const got = await run("third-source", [...TINY_DATA.validation, ...LONG_PROMPTS.slice(0, 6)]);
  assert.deepEqual(got, want); // such a source has weight 0
  assert.equal(got.best?.step, got.steps);
  assert.ok(got.validations.every((row) => row.source !== "long"));
});

test("a batch without a token with loss is no update: no loss, no step, the same weights as without it", async () => {
  const settings: StageSettings = {
    ...TINY_SETTINGS,
    packing: "examples",
    batchSize: 1,
    sequenceLength: 24,
    epochs: 1,
  };
  const run = async (name: string, train: typeof TINY_DATA.train, change: Partial<StageSettings> = {}) => {
    const model = tinyModel();
    const lines: string[] = [];
    const options = { runFolder: folder(name), log: (line: string) => lines.push(line) };
    const result = await trainStage(model, { train, validation: [] }, { ...settings, ...change }, options);
    const values = await model.values();
    model.dispose();
    return { result, values, lines };
  };
  // one example an update, so the updates of the short ones are the same whatever lies between them
  const constant = { schedule: "constant", warmupSteps: 0 } as const;
  const mixed = await run("mixed", [...TINY_DATA.train.slice(0, 8), ...LONG_PROMPTS.slice(0, 8)], constant);
  assert.equal(mixed.result.steps, 8);
  assert.deepEqual(
    mixed.result.losses.map((row) => row.step),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.ok(mixed.result.losses.every((row) => row.lossNats > 0));
  assert.equal(mixed.lines.filter((line) => /skipped a batch .*long #/.test(line)).length, 8);
  // PyTorch's AdamW with decay alone would still move the weights: 0 updates means untouched
  const one = await run("one", [TINY_DATA.train[0], ...LONG_PROMPTS.slice(0, 8)], constant);
  const alone = await run("alone", [TINY_DATA.train[0]], constant);
  assert.deepEqual(one.values, alone.values);
  await assert.rejects(run("none", LONG_PROMPTS), /no example has a token with loss within 24 tokens/);
});

test("a model whose config asks for dropout is refused in training", async () => {
  const model = tinyModel();
  Object.assign(model, { config: { ...model.config, attentionDropout: 0.1 } });
  await assert.rejects(
    trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder("dropout") }),
    /attention_dropout is 0\.1/,
  );
  model.dispose();
});

test("invalid settings and data are refused before anything is written", async () => {
  const model = tinyModel();
  const run = (change: Partial<StageSettings>, data = TINY_DATA) =>
    trainStage(model, data, { ...TINY_SETTINGS, ...change }, { runFolder: folder("bad") });
  await assert.rejects(run({ batchSize: 0 }), /batchSize is 0/);
  await assert.rejects(run({ name: "../up" }), /is not a valid folder name/);
  await assert.rejects(run({}, { train: [], validation: [] }), /is the data set empty/);
  const noLoss = { ids: [1, 2, 3], lossFrom: 3, source: "x", words: 1 };
  await assert.rejects(run({}, { train: [noLoss], validation: [] }), /none of them with loss/);
  model.dispose();
});

test("validation loss of an untrained model is about ln V, for both packings", async () => {
  const model = tinyModel();
  const stream = await validationLoss(model, TINY_DATA.validation, TINY_SETTINGS);
  const small = await validationLoss(model, TINY_DATA.validation, { ...TINY_SETTINGS, maxMicroBatchTokens: 16 });
  for (const [i, { lossNats, tokens }] of stream.entries()) {
    assert.ok(Math.abs(lossNats - Math.log(24)) < 0.2);
    assert.equal(tokens, small[i].tokens);
    assert.ok(Math.abs(lossNats - small[i].lossNats) < 1e-5);
  }
  model.dispose();
});

test("a stage frees what it allocates", async () => {
  const model = tinyModel();
  const before = tf.memory().numTensors;
  await trainStage(model, TINY_DATA, { ...TINY_SETTINGS, epochs: 1 }, { runFolder: folder("leak") });
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});
