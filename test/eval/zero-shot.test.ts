/** @file The whole way from a data folder to files and scores, with models whose answers are known. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import type { Checkpoint } from "../../src/eval/checkpoints";
import { scoringMode } from "../../src/eval/scoring-mode";
import { scoreZeroShot, taskFolder, type ZeroShotRequest } from "../../src/eval/zero-shot";
import type { LanguageModel } from "../../src/model/language-model";
import { zeroShotTask } from "../../src/tasks/index";
import { RESPONSES } from "../../src/tasks/reading";
import { Rng } from "../../src/util/rng";
import { isClose } from "../support/close";
import { temporaryFolder } from "../support/temporary-folder";
import { bigramModel, ToyTokenizer, toyModel, uniformModel } from "../support/toy-models";

const jsonl = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

function pair(sentence_good: string, sentence_bad: string, UID = "agreement") {
  return { sentence_good, sentence_bad, UID, field: "syntax", linguistics_term: "agreement" };
}

const AGREEMENT = [
  pair("the cat sleeps", "the cat sleep"),
  pair("the cats sleep", "the cats sleeps"),
  pair("the dog barks", "the dog bark"),
  pair("a mouse runs", "a mouse run", "unseen"),
];

function request(
  t: TestContext,
  files: Record<string, string>,
  change: Partial<ZeroShotRequest> = {},
): ZeroShotRequest {
  const tokenizer = new ToyTokenizer();
  return {
    model: uniformModel(64),
    tokenizer,
    task: "blimp",
    dataFolder: path.join(temporaryFolder(t, prefixed("data", files)), "data"),
    outFolder: temporaryFolder(t),
    ...change,
  };
}

function prefixed(folder: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
}

test("a uniform model ties on pairs of equal length: 100 % by the official rule, 50 % corrected, ties reported", async (t) => {
  const files = { "a.jsonl": jsonl(AGREEMENT) };
  const [official] = await scoreZeroShot(request(t, files));
  assert.deepEqual([official.value, official.ties, official.n, official.mode], [1, 4, 4, "official"]);
  assert.equal(official.alternatives?.["accuracy, ties count half"], 0.5);
  const [corrected] = await scoreZeroShot(request(t, files, { mode: scoringMode("corrected") }));
  assert.deepEqual([corrected.value, corrected.ties, corrected.mode], [0.5, 4, scoringMode("corrected").name]);
});

test("a bigram model finds the agreement it has read, and only a tie where it has not", async (t) => {
  const tokenizer = new ToyTokenizer();
  const model = bigramModel(tokenizer, "the cat sleeps the cats sleep the dog barks the cat sleeps");
  const mode = scoringMode("ties-half");
  const [score] = await scoreZeroShot(request(t, { "a.jsonl": jsonl(AGREEMENT) }, { model, tokenizer, mode }));
  const groups = Object.fromEntries(score.groups.map((g) => [g.name, g.value]));
  assert.deepEqual(groups, { agreement: 1, unseen: 0.5 });
  assert.equal(score.value, 0.75); // mean over the two groups, not over the four rows
  assert.ok(score.interval !== null && score.interval[0] <= 0.75 && score.interval[1] >= 0.75);
});

test("the files are the official ones, in the official place", async (t) => {
  const wanted = request(
    t,
    { "a.jsonl": jsonl(AGREEMENT) },
    { modelName: "some/where/my-model.v1", revision: "chck_1M" },
  );
  await scoreZeroShot(wanted);
  const folder = path.join(wanted.outFolder, "my-model", "chck_1M", "zero_shot", "causal", "blimp", "data");
  assert.equal(taskFolder(wanted, zeroShotTask("blimp")), folder);
  assert.deepEqual(fs.readdirSync(folder).sort(), [
    "SHA256SUMS",
    "best_temperature_report.txt",
    "item-scores.jsonl",
    "predictions.json",
  ]);
  const report = fs.readFileSync(path.join(folder, "best_temperature_report.txt"), "utf8");
  assert.match(
    report,
    /^TEMPERATURE: 1\.00\n\n### FIELD ACCURACY\nsyntax: 100\.00\n\n### UID ACCURACY\nagreement: 100\.00\n/,
  );
});

test("two runs give the same bytes, scores and intervals", async (t) => {
  const files = { "a.jsonl": jsonl(AGREEMENT) };
  const once = async () => {
    const tokenizer = new ToyTokenizer();
    const model = bigramModel(tokenizer, "the cat sleeps the cats sleep");
    const wanted = request(t, files, { model, tokenizer });
    const scores = await scoreZeroShot(wanted);
    const folder = taskFolder(wanted, zeroShotTask("blimp"));
    return [
      scores,
      fs
        .readdirSync(folder)
        .sort()
        .map((f) => fs.readFileSync(path.join(folder, f), "utf8")),
    ];
  };
  assert.deepEqual(await once(), await once());
});

test("a model that gives NaN has no score, and the message counts the items", async (t) => {
  const broken = toyModel("broken", 64, (_, next) => (next === 7 ? Number.NaN : -1));
  const wanted = request(t, { "a.jsonl": jsonl(AGREEMENT) }, { model: broken });
  await assert.rejects(scoreZeroShot(wanted), /broken gives NaN for \d of 4 items \(first: a\.jsonl, row \d\)/);
});

test("a killed run resumes after the items already scored, and gives the same scores", async (t) => {
  const files = { "a.jsonl": jsonl(AGREEMENT) };
  const wanted = request(t, files, { fingerprint: "weights 1" });
  await scoreZeroShot(wanted);
  const file = path.join(taskFolder(wanted, zeroShotTask("blimp")), "item-scores.jsonl");
  const whole = fs.readFileSync(file, "utf8");
  const lines = whole.split("\n");
  fs.writeFileSync(file, `${lines.slice(0, 3).join("\n")}\n${lines[3].slice(0, 9)}`); // killed while writing item 2
  const second = uniformModel(64);
  await scoreZeroShot({ ...wanted, model: second });
  assert.equal(second.asked, 4); // items 2 and 3, two sentences each
  assert.equal(fs.readFileSync(file, "utf8"), whole);
});

test("scores of other weights, other data or another BOS rule are never reused; nor any without a fingerprint", async (t) => {
  const files = { "a.jsonl": jsonl(AGREEMENT) };
  const wanted = request(t, files, { fingerprint: "weights 1" });
  await scoreZeroShot(wanted);
  const asked = async (change: Partial<ZeroShotRequest>) => {
    const model = uniformModel(64);
    await scoreZeroShot({ ...wanted, ...change, model });
    return model.asked;
  };
  assert.equal(await asked({}), 0);
  assert.equal(await asked({ mode: scoringMode("ties-half") }), 0); // the same scores, judged otherwise
  assert.equal(await asked({ fingerprint: "weights 2" }), 8);
  assert.equal(await asked({ fingerprint: "weights 2", mode: scoringMode("bos") }), 8);
  assert.equal(await asked({ fingerprint: undefined }), 8);
  fs.appendFileSync(path.join(wanted.dataFolder, "a.jsonl"), jsonl([pair("x y", "x z")]));
  assert.equal(await asked({ fingerprint: "weights 2", mode: scoringMode("bos") }), 10);
});

test("a repeated text is scored once, also by a run that resumes after a kill", async (t) => {
  const files = { "a.jsonl": jsonl([...AGREEMENT, ...AGREEMENT]) };
  const model = uniformModel(64);
  const wanted = request(t, files, { model, fingerprint: "weights" });
  await scoreZeroShot(wanted);
  assert.equal(model.asked, 8);
  const file = path.join(taskFolder(wanted, zeroShotTask("blimp")), "item-scores.jsonl");
  const whole = fs.readFileSync(file, "utf8");
  fs.writeFileSync(file, `${whole.split("\n").slice(0, 5).join("\n")}\n`); // killed after the first four
  await scoreZeroShot(wanted);
  assert.equal(model.asked, 8);
  assert.equal(fs.readFileSync(file, "utf8"), whole);
});

test("a tokenizer without a pad token scores the same: nothing is padded with it", async (t) => {
  const files = { "a.jsonl": jsonl(AGREEMENT) };
  const without = new ToyTokenizer();
  Object.assign(without.specialTokens, { pad: null });
  assert.deepEqual(
    await scoreZeroShot(request(t, files, { tokenizer: without })),
    await scoreZeroShot(request(t, files)),
  );
});

test("an empty sentence and a sentence of one word stop the run with file and row", async (t) => {
  await assert.rejects(
    scoreZeroShot(request(t, { "a.jsonl": jsonl([pair("", "x")]) })),
    /a\.jsonl:1: "sentence_good" is empty/,
  );
  const oneWord = request(t, { "a.jsonl": jsonl([AGREEMENT[0], pair("yes", "no it is")]) });
  await assert.rejects(scoreZeroShot(oneWord), /a\.jsonl, row 1: nothing to score in "yes"/);
});

test("wug: a model that agrees with people on the order has rho 1; a constant one has none", async (t) => {
  // p(first) grows with the index of the made-up word
  const rows = Array.from({ length: 6 }, (_, i) => ({ sentences: `w${i} ity\tw${i} ness`, ratio: i / 10 }));
  const tokenizer = new ToyTokenizer();
  const graded = toyModel("graded", 64, (previous, next) => {
    const word = Number(tokenizer.decode(previous).slice(1));
    return tokenizer.decode([next]) === " ity" ? -5 + word / 10 : -5;
  });
  const files = { "w.jsonl": jsonl(rows) };
  const [good] = await scoreZeroShot(request(t, files, { task: "wug_past", model: graded, tokenizer }));
  assert.ok(isClose(good.value, 1));
  const constant = request(t, files, { task: "wug_past" });
  const [none] = await scoreZeroShot(constant);
  assert.equal(none.value, 0);
  assert.deepEqual(none.alternatives?.["undefined: the model's answers are constant"], 1);
  const report = path.join(taskFolder(constant, zeroShotTask("wug_past")), "best_temperature_report.txt");
  assert.match(fs.readFileSync(report, "utf8"), /avg: nan/);
});

/** Words whose reading time is 200 + 20 times the surprisal that `model` gives, plus noise. */
async function readingData(model: LanguageModel, tokenizer: ToyTokenizer, blank: boolean): Promise<string> {
  const rng = Rng.fromSeed("reading");
  const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
  const header = `,item,word,prev_item,prev_word,Subtlex_log10,length,prev_length,context_length,${RESPONSES.join(",")}`;
  const rows: string[] = [];
  for (let i = 0; i < 200; i++) {
    const [a, b, c] = [rng.pick(names), rng.pick(names), rng.pick(names)];
    const text = `${a} ${b}${blank ? " " : ""}${c}`;
    const ids = blank ? tokenizer.encode(text).ids : [...tokenizer.encode(`${a} ${b}`).ids, tokenizer.encode(c).ids[0]];
    const [logProbs] = await model.score([{ ids, from: ids.length - 1 }]);
    const time = 200 - 20 * logProbs[0] + rng.normal();
    const main = [i, `${a} ${b}`, c, a, b, 1 + rng.next(), c.length + rng.int(5), b.length, 2 + rng.int(6)];
    rows.push([...main, ...RESPONSES.map(() => time)].join(","));
  }
  return [header, ...rows].join("\n");
}

test("reading: times made from a model's surprisal are explained by it, with the blank only if they were made with it", async (t) => {
  const tokenizer = new ToyTokenizer();
  const words = Array.from({ length: 12 }, (_, i) => `n${i}`).join(" ");
  tokenizer.encode(`${words} ${words}`);
  const model = toyModel(
    "hashed",
    64,
    (previous, next) => -1 - ((previous[previous.length - 1] * 31 + next * 17) % 23) / 5,
  );
  for (const blank of [false, true]) {
    const files = { "reading_data.csv": await readingData(model, tokenizer, blank) };
    for (const asked of [false, true]) {
      const mode = scoringMode(asked ? "reading-blank" : "official");
      const [eye, selfPaced] = await scoreZeroShot(request(t, files, { task: "reading", model, tokenizer, mode }));
      assert.deepEqual([eye.task, selfPaced.task], ["reading_eye_tracking", "reading_self_paced"]);
      if (asked === blank) assert.ok(eye.value > 95 && selfPaced.value > 95, `${eye.value} ${selfPaced.value}`);
      else assert.ok(eye.value < 20, `${eye.value}`);
      assert.ok(eye.interval !== null && eye.interval[0] <= eye.value && eye.interval[1] >= eye.value - 5);
    }
  }
});

const MONTHS = Array.from({ length: 15 }, (_, i) => 16 + i);

test("age of acquisition: words that a model learns in the children's order correlate with r near 1", async (t) => {
  const words = Array.from({ length: 8 }, (_, i) => `word${i}`);
  const contexts = Object.fromEntries(words.map((w) => [w, [{ context: "here is the " }, { context: "a " }]]));
  const child = words.map((w, i) => [w, ...MONTHS.map((m) => 1 / (1 + Math.exp(-(m - 18 - i))))].join(","));
  const files = {
    "cdi_childes.json": JSON.stringify(contexts),
    "cdi_human.csv": [`word,${MONTHS.join(",")}`, ...child].join("\n"),
  };
  const tokenizer = new ToyTokenizer();
  const steps = [1, 2, 3, 5, 8, 10, 20, 30, 50, 80, 100];
  const at = (millions: number): Checkpoint => ({
    step: `chck_${millions}M`,
    load: async () => ({
      model: toyModel(`at ${millions}M`, 64, (_, next) => {
        const word = Number(tokenizer.decode([next]).slice(" word".length));
        const x = Math.log10(millions * 1e6 + 1);
        return Number.isNaN(word) ? -1 : 12 / (1 + Math.exp(-6 * (x - 6.5 - word * 0.12))) - 16;
      }),
      dispose: () => {},
    }),
  });
  const wanted = request(t, files, { task: "aoa", tokenizer, checkpoints: steps.map(at) });
  const [score] = await scoreZeroShot(wanted);
  assert.equal(score.n, 8);
  assert.ok(score.value > 0.99, `${score.value}`);
  assert.deepEqual(score.groups.at(-1), { name: "checkpoints", value: 11, n: 11 });
  const broken: Checkpoint = {
    step: "chck_200M",
    load: async () => ({ model: toyModel("broken", 64, () => Number.NaN), dispose: () => {} }),
  };
  const withBroken = request(t, files, { task: "aoa", tokenizer, checkpoints: [...steps.map(at), broken] });
  await assert.rejects(scoreZeroShot(withBroken), /age of acquisition: broken gives NaN/);
  const file = path.join(taskFolder(wanted, zeroShotTask("aoa")), "surprisal.json");
  const { results } = JSON.parse(fs.readFileSync(file, "utf8"));
  assert.equal(results.length, steps.length * 8 * 2);
  assert.deepEqual(Object.keys(results[0]), [
    "step",
    "word_count",
    "target_word",
    "context_id",
    "context",
    "surprisal",
  ]);

  // killed after two checkpoints: they are not loaded again, and the score is the same
  const loaded: string[] = [];
  const resumable = wanted.checkpoints?.map((c) => ({
    ...c,
    fingerprint: c.step,
    load: async () => {
      loaded.push(c.step);
      if (loaded.length === 3) throw new Error("killed");
      return c.load();
    },
  }));
  await assert.rejects(scoreZeroShot({ ...wanted, checkpoints: resumable }), /killed/);
  assert.deepEqual(await scoreZeroShot({ ...wanted, checkpoints: resumable }), [score]);
  assert.equal(loaded.length, 3 + steps.length - 2);
  await assert.rejects(scoreZeroShot({ ...wanted, checkpoints: undefined }), /needs at least 4 checkpoints/);
});

test("scoring modes have names, exclude what contradicts, and list their switches", () => {
  assert.equal(scoringMode("official").name, "official");
  assert.equal(scoringMode("corrected").name, "aoa-nats+last-token-pooling+reading-blank+ties-half+wug-float64");
  assert.equal(scoringMode("reading-blank,ties-half").name, "reading-blank+ties-half");
  assert.equal(scoringMode("corrected").pooling, "last_real");
  assert.throws(() => scoringMode("bos,no-bos"), /exclude each other/);
  assert.throws(() => scoringMode("tie-half"), /did you mean "ties-half"/);
});
