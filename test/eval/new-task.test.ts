/**
 * @file What a new task costs: one value, and it is scored, reported, collated, compared and listed in the final table.
 * No branch on a task's kind stands outside `src/eval/kinds/`, so nothing else has to know of it.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { loadAnswers } from "../../src/eval/answers";
import { availableTasks } from "../../src/eval/available-tasks";
import { finalScores, finalTable } from "../../src/eval/official/final-scores";
import { parsePythonJson } from "../../src/eval/official/python-format";
import { collate } from "../../src/eval/official/submission";
import { compareModels } from "../../src/eval/paired-comparison";
import { scoringMode } from "../../src/eval/scoring-mode";
import { scoreZeroShot, taskFolder, type ZeroShotRequest } from "../../src/eval/zero-shot";
import { TASKS } from "../../src/tasks/index";
import { minimalPair } from "../../src/tasks/minimal-pair";
import { asRow, textField } from "../../src/tasks/row";
import type { Task, ZeroShotTask } from "../../src/tasks/task";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";
import { temporaryFolder } from "../support/temporary-folder";
import { bigramModel, ToyTokenizer } from "../support/toy-models";

const jsonl = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** Which of three words rhymes? The score is the mean over the two poets. */
const RHYMES: ZeroShotTask = {
  kind: "forced-choice",
  name: "rhymes",
  displayName: "Rhymes",
  version: 1,
  officialName: "rhymes",
  folder: { full: "rhymes", fast: null },
  source: "invented for this test",
  chance: 1 / 3,
  aggregate: "macro",
  toItem: (value) => {
    const row = asRow(value);
    const options = ["rhyme", "other", "third"].map((key) => ` ${textField(row, key)}`);
    const poet = textField(row, "poet");
    const line = textField(row, "line");
    return {
      sentences: options.map((option) => line + option),
      completions: options,
      answers: options,
      uid: poet,
      groups: [["UID", poet]],
    };
  },
};

/** The same kind of task from its facts alone. */
const NEGATION = minimalPair({ name: "negation", displayName: "Negation", version: 1, source: "invented" });

const DATA = {
  "rhymes/poems.jsonl": jsonl([
    { poet: "Ada", line: "I saw the cat upon the", rhyme: "mat", other: "dog", third: "sun" },
    { poet: "Bo", line: "the moon in", rhyme: "june", other: "dog", third: "sun" },
  ]),
  "negation/not.jsonl": jsonl([
    { sentence_good: "the cat upon the mat", sentence_bad: "the cat upon the sun" },
    { sentence_good: "the moon in june", sentence_bad: "the moon in dog" },
  ]),
};

/** A model that has read part of the lines, scored on every task whose data are there. */
async function scored(t: TestContext, tasks: readonly Task[]) {
  const files = Object.entries(DATA).map(([name, text]) => [`evaluation_data/full_eval/${name}`, text]);
  const dataRoot = temporaryFolder(t, Object.fromEntries(files));
  const resultsFolder = temporaryFolder(t);
  const tokenizer = new ToyTokenizer();
  const model = bigramModel(tokenizer, "upon the mat upon the mat in dog");
  const requests: ZeroShotRequest[] = [];
  for (const { task, dataFolder } of availableTasks(dataRoot, "full", tasks).present) {
    const found = tasks.find(({ name }) => name === task) as ZeroShotTask;
    requests.push({ model, tokenizer, task: found, dataFolder, outFolder: resultsFolder, fingerprint: "weights" });
  }
  const scores = [];
  for (const request of requests) scores.push(...(await scoreZeroShot(request)));
  return { dataRoot, resultsFolder, model, requests, scores };
}

test("an invented task is found, scored, reported, resumed, collated, compared and listed by one value", async (t) => {
  const tasks = [...TASKS, RHYMES, NEGATION];
  const { dataRoot, resultsFolder, model, requests, scores } = await scored(t, tasks);
  assert.match(availableTasks(dataRoot, "fast", [RHYMES]).absent[0].why, /not part of the fast suite/);
  const [rhymes, negation] = scores;
  assert.deepEqual(
    rhymes.groups.map(({ name, value }) => [name, value]),
    [
      ["Ada", 1],
      ["Bo", 0],
    ],
  );
  assert.deepEqual([rhymes.value, rhymes.chance, rhymes.ties], [0.5, 1 / 3, 0]);
  assert.ok(rhymes.interval !== null && rhymes.interval[0] <= 0.5 && rhymes.interval[1] >= 0.5);
  assert.deepEqual([negation.value, negation.chance, negation.groups[0].name], [0.5, 0.5, "not"]);

  // the official files
  const folder = taskFolder(requests[0], RHYMES);
  assert.equal(folder, path.join(resultsFolder, "bigram", "main", "zero_shot", "causal", "rhymes", "rhymes"));
  const read = (name: string) => fs.readFileSync(path.join(folder, name), "utf8");
  assert.equal(JSON.parse(read("predictions.json")).Bo.predictions[0].pred, " dog");
  assert.match(read("best_temperature_report.txt"), /### UID ACCURACY\nAda: 100\.00\nBo: 0\.00\n/);

  // resuming, and judging otherwise, ask the model for nothing
  const { asked } = model;
  const [corrected] = await scoreZeroShot({ ...requests[0], mode: scoringMode("corrected") });
  assert.deepEqual([model.asked, corrected.mode], [asked, scoringMode("corrected").name]);

  // the collated file and the final table, under its display name
  const { file } = collate({ resultsFolder, modelName: "bigram", dataRoot, partial: true, tasks });
  assert.deepEqual(Object.keys(parsePythonJson(fs.readFileSync(file, "utf8")) as object), [
    "glue",
    "rhymes",
    "negation",
  ]);
  assert.equal(finalTable(finalScores(file, dataRoot, "full", tasks)), "Rhymes: 50.00\nNegation: 50.00\n");

  // answers item by item
  const answers = loadAnswers(path.join(resultsFolder, "bigram", "main"), dataRoot, "full", undefined, tasks);
  assert.deepEqual(
    compareModels(answers, answers, Rng.fromSeed(1), 100).map(({ task, n, same }) => [task, n, same]),
    [
      ["rhymes", 2, 2],
      ["negation", 2, 2],
    ],
  );
});

/** Where a file branches on a task's kind: a comparison, a `case`, or a look-up by it. */
function branchesOnKind(text: string): string[] {
  const kind = '"(?:forced-choice|preference|age-of-acquisition|classification)"';
  const patterns = [
    new RegExp(`[=!]==? ?${kind}`, "g"),
    new RegExp(`${kind} ?[=!]==?`, "g"),
    new RegExp(`case ${kind}`, "g"),
    /\bkind ?[=!]==? ?"reading"/g,
    /\[?\btask\.kind\b/g,
    /switch \((?:task|t)\.kind\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([found]) => found));
}

test("no code outside src/eval/kinds branches on a task's kind", () => {
  const src = path.join(projectRoot(), "src");
  const files = (fs.readdirSync(src, { recursive: true }) as string[]).filter((name) => name.endsWith(".ts"));
  const found = files.flatMap((name) => {
    const branches = branchesOnKind(fs.readFileSync(path.join(src, name), "utf8"));
    return branches.map((branch) => `src/${name}: ${branch}`);
  });
  const outside = found.filter((line) => !line.startsWith(`src/${path.join("eval", "kinds")}${path.sep}`));
  assert.deepEqual(outside, []);
  assert.ok(found.length > 0, "the search finds the one look-up in eval/kinds");
  // the search can fail
  for (const text of [
    'if (task.kind === "reading") x',
    'case "preference":',
    'zeroShotTask(name).kind !== "age-of-acquisition"',
    "switch (task.kind) {",
    "TABLE[task.kind]",
  ])
    assert.ok(branchesOnKind(text).length > 0, text);
});
