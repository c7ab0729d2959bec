/**
 * @file Protocol 2026 beside its own code: every prediction for a small model on the sample world, and for a real model on
 * the real sets. Of these, every 40th row in the short form; all rows (minutes) when `CLASS_IT_FULL_ORACLES=1`.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, type TestContext, test } from "node:test";
import { readPredictions } from "../../src/eval/official/predictions";
import { scoringMode } from "../../src/eval/scoring-mode";
import { scoreZeroShot, taskFolder } from "../../src/eval/zero-shot";
import { loadHuggingFace } from "../../src/model/checkpoint/hugging-face";
import type { Llama } from "../../src/model/llama";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { zeroShotTask } from "../../src/tasks/index";
import { jsonlFiles, loadItems } from "../../src/tasks/load";
import type { ForcedChoiceTask } from "../../src/tasks/task";
import { initBackend } from "../../src/tensor";
import { Tokenizer } from "../../src/tokenizer/tokenizer";
import { golden, referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";
import { PROTOCOL_DATA, protocolModel } from "./protocol-model";

/** By data folder and UID, the option chosen for each item; "-" where the best options (nearly) tie. */
type Choices = Record<string, Record<string, string>>;

const TASKS = {
  blimp_filtered: "blimp",
  supplement_filtered: "blimp_supplement",
  entity_tracking: "entity_tracking",
  ewok_filtered: "ewok",
} as const;

const EVERY = process.env.CLASS_IT_FULL_ORACLES === "1" ? 1 : 40;

before(async () => {
  await initBackend();
});

for (const [folder, letters] of Object.entries(golden<Choices>("eval/protocol-2026.json"))) {
  test(`${folder} under protocol 2026: every prediction of its own code`, { timeout: 120_000 }, async (t) => {
    const { model, tokenizer } = protocolModel();
    await compare(t, { model, tokenizer, dataFolder: path.join(PROTOCOL_DATA, folder), letters, every: 1 });
  });
}

for (const [folder, letters] of Object.entries(golden<Choices>("eval/protocol-2026-full.json"))) {
  const data = `data/evaluation_data/full_eval/${folder}`;
  const skip = skipWithout("oracles/model", data);
  test(`the real ${folder} under protocol 2026: predictions of its own code`, { skip }, async (t) => {
    const modelFolder = referencePath("oracles/model") as string;
    const model = loadHuggingFace(modelFolder);
    const tokenizer = Tokenizer.load(modelFolder);
    await compare(t, { model, tokenizer, dataFolder: referencePath(data) as string, letters, every: EVERY });
  });
}

interface Comparison {
  model: Llama;
  tokenizer: Tokenizer;
  dataFolder: string;
  /** The official code's choices on the whole of `dataFolder`. */
  letters: Record<string, string>;
  /** 1: all rows are scored; 40: rows 0, 40, 80 and so on of each file. */
  every: number;
}

async function compare(t: TestContext, { model, tokenizer, dataFolder, letters, every }: Comparison): Promise<void> {
  t.after(() => model.dispose());
  const mode = scoringMode("official", "2026");
  const taskName = TASKS[path.basename(dataFolder) as keyof typeof TASKS];
  const task = zeroShotTask(taskName, mode) as ForcedChoiceTask;
  const request = {
    model: new LlamaLanguageModel(model, { name: "protocol" }),
    tokenizer,
    task: taskName,
    dataFolder: every === 1 ? dataFolder : thinned(dataFolder, every, temporaryFolder(t)),
    outFolder: temporaryFolder(t),
    mode,
  };
  const [score] = await scoreZeroShot(request);
  const ours = readPredictions(path.join(taskFolder(request, task), "predictions.json"));
  const theirs = lettersByPlace(letters, loadItems(dataFolder, task));
  const items = loadItems(request.dataFolder, task);
  assert.deepEqual(Object.keys(ours).sort(), Object.keys(letters).sort());
  assert.equal(items.length, score.n);
  let compared = 0;
  const next: Record<string, number> = {}; // of a UID's predictions
  for (const { uid, answers, file, row } of items) {
    const position = next[uid] ?? 0;
    next[uid] = position + 1;
    const letter = theirs.get(`${file} row ${row * every}`);
    if (letter === "-") continue;
    compared++;
    assert.equal(answers.indexOf(ours[uid].predictions[position].pred as string), Number(letter), `${file} row ${row}`);
  }
  t.diagnostic(`${compared} of ${score.n} items compared`);
  assert.ok(compared >= 0.98 * score.n, `${compared} of ${score.n}`);
}

/** Copies rows 0, `every`, 2 `every` and so on of each file to another folder. */
function thinned(folder: string, every: number, outFolder: string): string {
  for (const file of jsonlFiles(folder)) {
    const rows = fs.readFileSync(path.join(folder, file), "utf8").split("\n");
    fs.writeFileSync(path.join(outFolder, file), rows.filter((_, row) => row % every === 0).join("\n"));
  }
  return outFolder;
}

/** Which letter belongs to which row: those of a UID are in the order of its items. */
function lettersByPlace(letters: Record<string, string>, items: { uid: string; file: string; row: number }[]) {
  const next: Record<string, number> = {};
  const places = new Map<string, string>();
  for (const { uid, file, row } of items) {
    const position = next[uid] ?? 0;
    next[uid] = position + 1;
    places.set(`${file} row ${row}`, letters[uid][position]);
  }
  for (const [uid, text] of Object.entries(letters)) assert.equal(next[uid], text.length, uid);
  return places;
}
