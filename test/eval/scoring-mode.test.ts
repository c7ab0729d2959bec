/** @file Each correction alone: it changes what it names, where that decides, and its name is in the result. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import type { Checkpoint } from "../../src/eval/checkpoints";
import { judgePredictions } from "../../src/eval/kinds/classification";
import {
  CORRECTED,
  OFFICIAL,
  PROTOCOL_2026_SWITCHES,
  SCORING_SWITCHES,
  type ScoringSwitch,
  scoringMode,
} from "../../src/eval/scoring-mode";
import { scoreZeroShot, type ZeroShotRequest } from "../../src/eval/zero-shot";
import type { TaskScore } from "../../src/results/schema";
import { glueTask } from "../../src/tasks/superglue";
import { isClose } from "../support/close";
import { temporaryFolder } from "../support/temporary-folder";
import { ToyTokenizer, toyModel, uniformModel } from "../support/toy-models";

const jsonl = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

type Data = Pick<ZeroShotRequest, "task" | "model" | "tokenizer" | "checkpoints"> & { files: Record<string, string> };

/** The score as the pipeline has it, and with one switch. */
async function officialAnd(t: TestContext, name: ScoringSwitch, { files, ...request }: Data): Promise<number[]> {
  const dataFolder = temporaryFolder(t, files);
  const values: number[] = [];
  for (const mode of ["official", name]) {
    const scores = await scoreZeroShot({
      ...request,
      dataFolder,
      outFolder: path.join(temporaryFolder(t), mode),
      mode: scoringMode(mode),
    });
    for (const score of scores) assert.equal(score.mode, mode);
    values.push(scores[0].value);
  }
  return values;
}

const pair = (sentence_good: string, sentence_bad: string) => ({
  "a.jsonl": jsonl([{ sentence_good, sentence_bad, UID: "u", field: "syntax", linguistics_term: "t" }]),
});

test("ties-half: a tie is right officially, and half right corrected", async (t) => {
  const request = { task: "blimp", model: uniformModel(64), tokenizer: new ToyTokenizer() };
  assert.deepEqual(await officialAnd(t, "ties-half", { ...request, files: pair("a b c", "a b d") }), [1, 0.5]);
});

test("mean: the longer sentence loses by its sum, not by its mean", async (t) => {
  const request = { task: "blimp", model: uniformModel(64), tokenizer: new ToyTokenizer() };
  assert.deepEqual(await officialAnd(t, "mean", { ...request, files: pair("a b c d", "a b") }), [0, 1]);
});

test("bos and no-bos: the first word counts only after a BOS, whatever special tokens the tokenizer adds", async (t) => {
  for (const [name, addBos, expected] of [
    ["bos", false, [0, 1]],
    ["bos", true, [1, 1]],
    ["no-bos", true, [1, 0]],
    ["no-bos", false, [0, 0]],
  ] as const) {
    const tokenizer = new ToyTokenizer({ addBos });
    // "cat" is the likelier beginning, "dog runs" the likelier going on
    const model = toyModel("first words", 64, (previous, next) => {
      const [last, word] = [tokenizer.decode(previous.slice(-1)), tokenizer.decode([next])];
      return last === "<s>" ? (word === "cat" ? -1 : -5) : last === "cat" ? -2 : -1;
    });
    const request = { task: "blimp", model, tokenizer, files: pair("cat runs", "dog runs") };
    assert.deepEqual(await officialAnd(t, name, request), expected, `${name}, tokenizer adds BOS: ${addBos}`);
  }
});

test("wug-float64: shares that are 1 in float32 are still different", async (t) => {
  const tokenizer = new ToyTokenizer();
  const rows = Array.from({ length: 6 }, (_, i) => ({ sentences: `w${i} ity\tw${i} ness`, ratio: i / 10 }));
  const model = toyModel("certain", 64, (previous, next) => {
    const word = Number(tokenizer.decode(previous).slice(1));
    return tokenizer.decode([next]) === " ness" ? -18 - word : -0.1;
  });
  const [official, corrected] = await officialAnd(t, "wug-float64", {
    task: "wug_past",
    model,
    tokenizer,
    files: { "w.jsonl": jsonl(rows) },
  });
  assert.equal(official, 0);
  assert.ok(isClose(corrected, 1));
});

test("aoa-nats: a model that never costs log2(300,000) learns no word officially, and learns in order in nats", async (t) => {
  const months = Array.from({ length: 15 }, (_, i) => 16 + i);
  const words = Array.from({ length: 8 }, (_, i) => `word${i}`);
  const child = words.map((w, i) => [w, ...months.map((m) => 1 / (1 + Math.exp(-(m - 18 - i))))].join(","));
  const tokenizer = new ToyTokenizer();
  const checkpoints = [1, 2, 3, 5, 8, 10, 20, 30, 50, 80, 100].map(
    (millions): Checkpoint => ({
      step: `chck_${millions}M`,
      load: async () => ({
        model: toyModel("growing", 64, (_, next) => {
          const word = Number(tokenizer.decode([next]).slice(" word".length));
          const x = Math.log10(millions * 1e6 + 1);
          return Number.isNaN(word) ? -1 : 4 / (1 + Math.exp(-6 * (x - 6.5 - word * 0.12))) - 4.1;
        }),
        dispose: () => {},
      }),
    }),
  );
  for (const rows of [64, 10_000]) {
    const [official, corrected] = await officialAnd(t, "aoa-nats", {
      task: "aoa",
      model: uniformModel(rows), // rows that are no token do not make a guess harder
      tokenizer,
      checkpoints,
      files: {
        "cdi_childes.json": JSON.stringify(Object.fromEntries(words.map((w) => [w, [{ context: "a " }]]))),
        "cdi_human.csv": [`word,${months.join(",")}`, ...child].join("\n"),
      },
    });
    assert.equal(official, 0);
    assert.ok(corrected > 0.99, `${rows} rows: ${corrected}`);
  }
});

test("last-token-pooling: the name is in the score, F1 and correlation beside accuracy, the majority beside all", () => {
  const outcome = { predictions: [1, 1, 0, 0], labels: [1, 0, 0, 0] };
  const scores = [OFFICIAL, scoringMode("last-token-pooling")].map(
    (mode): TaskScore => judgePredictions(glueTask("rte"), outcome, mode).scores[0],
  );
  assert.deepEqual(
    scores.map((s) => s.mode),
    ["official", "last-token-pooling"],
  );
  const { value, majority, chance, alternatives } = scores[1];
  assert.deepEqual([value, majority, chance], [0.75, 0.75, 0.5]);
  assert.ok(isClose(alternatives?.f1 as number, 2 / 3)); //             precision 1/2, recall 1
  assert.ok(isClose(alternatives?.mcc as number, 1 / Math.sqrt(3))); // (1*2 - 1*0) / sqrt(2*1*3*2)
  assert.deepEqual([OFFICIAL.pooling, scoringMode("last-token-pooling").pooling], ["first", "last_real"]);
});

test("corrected is every switch that corrects, and each can be had alone", () => {
  // reading-blank has its test with the reading data, in zero-shot.test.ts
  const choices: string[] = ["mean", "bos", "no-bos", ...PROTOCOL_2026_SWITCHES];
  assert.deepEqual([...CORRECTED].sort(), SCORING_SWITCHES.filter((name) => !choices.includes(name)).sort());
  for (const name of SCORING_SWITCHES) {
    const { name: shown, ...mode } = scoringMode(name);
    const { name: _, ...official } = OFFICIAL;
    assert.equal(shown, name);
    const changed = Object.keys(official).filter(
      (k) => mode[k as keyof typeof mode] !== official[k as keyof typeof mode],
    );
    assert.equal(changed.length, 1, `${name} changes ${changed.join(", ")}`);
  }
});
