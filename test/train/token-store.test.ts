import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { initBackend } from "../../src/tensor";
import {
  type BatchSettings,
  countCut,
  type Examples,
  joined,
  microBatches,
  planEpoch,
  stepsPerEpoch,
  type TrainingExample,
} from "../../src/train/batch";
import { fingerprintOfExamples } from "../../src/train/fingerprint";
import { trainStage } from "../../src/train/loop";
import { openTokenStore, TokenStore, writeTokenStore } from "../../src/train/token-store";
import { wordsOfUpdate, wordsPerEpoch } from "../../src/train/words-seen";
import { Rng } from "../../src/util/rng";
import { temporaryFolder } from "../support/temporary-folder";
import { TINY_DATA, TINY_SETTINGS, tinyExamples, tinyModel } from "./support/tiny-stage";

before(async () => {
  process.env.CLASS_IT_QUIET = "1";
  await initBackend();
});

/** Documents of 0 to 40 tokens; one in thirty is longer than what the store reads at once. */
function randomDocuments(rng: Rng, vocabSize: number): TrainingExample<number[]>[] {
  return Array.from({ length: rng.int(60) }, () => {
    const length = rng.int(30) === 0 ? 4000 + rng.int(6000) : rng.int(41);
    const ids = Array.from({ length }, () => rng.int(vocabSize));
    const source = ["bnc_spoken", "simple_wiki", "Ærø"][rng.int(3)];
    return { ids, lossFrom: 1 + rng.int(Math.max(1, length - 1)), source, words: rng.int(1000) };
  });
}

/** Everything that training computes from examples. */
function derived(examples: Examples, settings: BatchSettings) {
  const plans = [...planEpoch(examples, settings, Rng.fromSeed("order"))];
  return {
    fingerprint: fingerprintOfExamples(examples),
    steps: stepsPerEpoch(examples, settings),
    words: wordsPerEpoch(examples, settings),
    cut: countCut(examples, settings),
    plans,
    seen: plans.map((plan) => wordsOfUpdate(examples, plan, settings)),
    batches: plans.map((plan) => [...microBatches(examples, plan, settings)]),
  };
}

test("a store gives the plans, batches, counts and fingerprint of the same examples in memory", (t) => {
  const folder = temporaryFolder(t);
  const rng = Rng.fromSeed("documents");
  for (let round = 0; round < 12; round++) {
    const vocabSize = [24, 65536, 65537, 200_000][round % 4];
    const [some, more] = [randomDocuments(rng, vocabSize), randomDocuments(rng, vocabSize)];
    const file = path.join(folder, `${round}.tokens`);
    const store = openTokenStore(file, {}, () => ({ vocabSize, examples: some }));
    assert.equal(store.length, some.length);
    assert.equal(
      store.tokens,
      some.reduce((sum, { ids }) => sum + ids.length, 0),
    );
    for (const [i, want] of some.entries()) {
      const { ids, ...rest } = store.at(i)!;
      assert.deepEqual(
        { ...rest, ids: [...ids.slice(0, ids.length)] },
        { ...want, ids: want.ids },
        `round ${round}, example ${i}`,
      );
    }
    assert.equal(store.at(some.length), undefined);
    for (const settings of [
      { packing: "stream", batchSize: 3, sequenceLength: 64, maxMicroBatchTokens: 128 },
      { packing: "examples", batchSize: 5, sequenceLength: 24, maxMicroBatchTokens: 60 },
    ] as const) {
      assert.deepEqual(derived(store, settings), derived(some, settings), `round ${round}, ${settings.packing}`);
      assert.deepEqual(derived(joined(store, more), settings), derived([...some, ...more], settings));
    }
    store.close();
  }
});

test("ids take two bytes where the vocabulary allows it, else four", (t) => {
  const folder = temporaryFolder(t);
  const examples = [{ ids: [0, 65535, 258], lossFrom: 1, source: "a", words: 2 }];
  const bytes = (vocabSize: number) => {
    const file = path.join(folder, `${vocabSize}.tokens`);
    writeTokenStore(file, {}, { vocabSize, examples });
    return fs.readFileSync(file);
  };
  assert.equal(bytes(65536).subarray(0, 8).toString("hex"), "0000ffff02010000"); // padded to 8 bytes
  assert.equal(bytes(65537).subarray(0, 16).toString("hex"), "00000000ffff00000201000000000000");
  assert.throws(() => bytes(65535), /example 0 has the id 65535, want 0 to 65534/);
  assert.deepEqual(fs.readdirSync(folder).sort(), ["65536.tokens", "65537.tokens"]);
});

test("an altered or cut file is refused in one sentence, and written again once it is deleted", (t) => {
  const file = path.join(temporaryFolder(t), "train.tokens");
  const content = () => ({ vocabSize: 24, examples: tinyExamples(20, "damage") });
  openTokenStore(file, { text: "one" }, content).close();
  const good = fs.readFileSync(file);
  const open = () => openTokenStore(file, { text: "one" }, () => assert.fail("must not be written"));
  open().close();
  for (let at = 0; at < good.length; at += 7) {
    const damaged = Buffer.from(good);
    damaged[at] ^= 1;
    fs.writeFileSync(file, damaged);
    assert.throws(open, {
      message: /train\.tokens: (was altered|has \d+ bytes|is in the format).*; delete it, and the same command/,
    });
    fs.writeFileSync(file, good.subarray(0, at));
    assert.throws(open, /train\.tokens: .*; delete it, and the same command tokenizes the texts again$/);
  }
  fs.writeFileSync(file, Buffer.concat([good, Buffer.from("more")]));
  assert.throws(open, /is not a whole file of tokens/);
  fs.rmSync(file);
  openTokenStore(file, { text: "one" }, content).close();
  assert.ok(fs.readFileSync(file).equals(good));
});

test("a changed input is named, and the texts are tokenized again", (t) => {
  const file = path.join(temporaryFolder(t), "train.tokens");
  const open = (text: string, seed: string) =>
    openTokenStore(file, { text, tokenizer: "same" }, () => ({ vocabSize: 24, examples: tinyExamples(5, seed) }));
  open("one", "a").close();
  const lines: string[] = [];
  t.mock.method(process.stderr, "write", (line: string) => lines.push(line) > 0);
  const store = open("two", "b");
  t.mock.restoreAll();
  assert.match(
    lines.join(""),
    /train\.tokens: was made from other inputs \(text changed\); the texts are tokenized again/,
  );
  assert.equal(fingerprintOfExamples(store), fingerprintOfExamples(tinyExamples(5, "b")));
  store.close();
});

test("killed while it writes the store, a run writes it whole the next time", async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "train.tokens");
  const script = path.join(__dirname, "support", "store-process.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, file], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.on("close", resolve));
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (text) => String(text).includes("round 1") && resolve());
  });
  child.kill("SIGKILL");
  await closed;
  const left = fs.readdirSync(folder);
  assert.deepEqual(left, [`train.tokens.${child.pid}.tmp`]);
  assert.ok(fs.statSync(path.join(folder, left[0])).size > 0);
  openTokenStore(file, { text: "one" }, () => ({ vocabSize: 24, examples: tinyExamples(5, "a") })).close();
  assert.deepEqual(fs.readdirSync(folder), ["train.tokens"]);
});

test("training from stores gives the bytes of training from memory, also resumed in the middle", async (t) => {
  const folder = temporaryFolder(t);
  const stores = Object.entries(TINY_DATA).map(([side, examples]) => {
    writeTokenStore(path.join(folder, side), {}, { vocabSize: 24, examples });
    return TokenStore.open(path.join(folder, side));
  });
  const run = async (name: string, [train, validation]: readonly Examples[], until = 0) => {
    const model = tinyModel();
    const onStep = ({ step }: { step: number }) => {
      if (step === until) throw new Error("enough");
    };
    const options = { runFolder: path.join(folder, name), checkpointEverySteps: 2, onStep };
    await trainStage(model, { train, validation }, TINY_SETTINGS, options).finally(() => model.dispose());
  };
  await run("memory", Object.values(TINY_DATA));
  await assert.rejects(run("stores", stores, 7), /enough/);
  await run("stores", stores);
  for (const store of stores) store.close();
  for (const name of ["losses.csv", "validation.csv", "final/weights.safetensors", "final/result.json"]) {
    const [a, b] = ["memory", "stores"].map((run) => fs.readFileSync(path.join(folder, run, "pretrain", name)));
    assert.ok(a.equals(b), name);
  }
});
