import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { loadAnswers } from "../../../src/eval/answers";
import { availableTasks } from "../../../src/eval/available-tasks";
import { judgePredictions } from "../../../src/eval/kinds/classification";
import { finalScores, finalTable } from "../../../src/eval/official/final-scores";
import { writeResultFiles } from "../../../src/eval/official/folders";
import { parsePythonJson } from "../../../src/eval/official/python-format";
import { collate } from "../../../src/eval/official/submission";
import { compareModels } from "../../../src/eval/paired-comparison";
import { OFFICIAL } from "../../../src/eval/scoring-mode";
import { scoreZeroShot } from "../../../src/eval/zero-shot";
import { RESPONSES } from "../../../src/tasks/reading";
import { SUPERGLUE } from "../../../src/tasks/superglue";
import { Rng } from "../../../src/util/rng";
import { temporaryFolder } from "../../support/temporary-folder";
import { bigramModel, ToyTokenizer } from "../../support/toy-models";

/** Tasks in the order of the collated file; the fast suite has no COMPS. */
const WITHOUT_COMPS = ["blimp", "blimp_supplement", "ewok", "entity_tracking", "wug_adj", "wug_past"];

const lines = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** A tiny set of every benchmark but age of acquisition, full and fast. */
function evaluationData(t: TestContext): string {
  const blimp = [
    {
      sentence_good: "the cat sleeps",
      sentence_bad: "the cat sleep",
      UID: "sv",
      field: "syntax",
      linguistics_term: "x",
    },
    {
      sentence_good: "the dogs bark",
      sentence_bad: "the dogs barks",
      UID: "sv",
      field: "syntax",
      linguistics_term: "x",
    },
  ];
  const ewok = [
    {
      Domain: "d",
      Context1: "it is hot",
      Context2: "it is cold",
      Target1: "we swim",
      Target2: "we ski",
      ContextType: "direct",
      ContextDiff: "antonym",
      TargetDiff: "swap",
    },
  ];
  const entity = [0, 1].map((numops) => ({ input_prefix: "Box 1 has ", options: ["a cat.", "a dog."], numops }));
  const wug = Array.from({ length: 4 }, (_, i) => ({ sentences: `say w${i} ity\tsay w${i} ness`, ratio: i / 4 }));
  const comps = [{ prefix_acceptable: "a dog", prefix_unacceptable: "a fork", property_phrase: "barks loudly" }];
  const rng = Rng.fromSeed("data");
  const reading = [
    `,item,word,prev_item,prev_word,Subtlex_log10,length,prev_length,context_length,${RESPONSES.join(",")}`,
  ];
  for (let i = 0; i < 60; i++) {
    const main = [
      i,
      `the w${i % 7}`,
      `sat${i % 5}`,
      "the",
      `w${i % 7}`,
      rng.next(),
      rng.int(9),
      rng.int(9),
      rng.int(9),
    ];
    reading.push([...main, ...RESPONSES.map(() => 200 + rng.normal())].join(","));
  }
  const glueRow = {
    question: "q",
    passage: "p",
    paragraph: "p",
    answer: "a",
    sentence1: "a",
    sentence2: "b",
    text: "t",
    span1_text: "s",
    span2_text: "r",
    question1: "a",
    question2: "b",
    premise: "p",
    hypothesis: "h",
  };
  const files: Record<string, string> = {
    "full_eval/blimp_filtered/sv.jsonl": lines(blimp),
    "full_eval/supplement_filtered/turn_taking.jsonl": lines(
      blimp.map(({ sentence_good, sentence_bad }) => ({ sentence_good, sentence_bad })),
    ),
    "full_eval/ewok_filtered/d.jsonl": lines(ewok),
    "full_eval/entity_tracking/regular.jsonl": lines(entity),
    "full_eval/wug_adj_nominalization/w.jsonl": lines(wug),
    "full_eval/wug_past_tense/w.jsonl": lines(wug),
    "full_eval/comps/comps_base.jsonl": lines(comps),
    "full_eval/reading/reading_data.csv": reading.join("\n"),
  };
  for (const { name } of SUPERGLUE) {
    files[`full_eval/glue_filtered/${name}.valid.jsonl`] = lines([0, 1, 1].map((label) => ({ ...glueRow, label })));
  }
  const fast = {
    blimp_filtered: "blimp_fast",
    supplement_filtered: "supplement_fast",
    ewok_filtered: "ewok_fast",
    entity_tracking: "entity_tracking_fast",
  };
  for (const [name, text] of Object.entries({ ...files })) {
    const [, folder, file] = name.split("/");
    if (folder !== "comps" && folder !== "glue_filtered")
      files[`fast_eval/${fast[folder as keyof typeof fast] ?? folder}/${file}`] = text;
  }
  const withRoot = Object.entries(files).map(([name, text]) => [`evaluation_data/${name}`, text]);
  return temporaryFolder(t, Object.fromEntries(withRoot));
}

async function scoredModel(t: TestContext) {
  const dataRoot = evaluationData(t);
  const resultsFolder = temporaryFolder(t);
  const tokenizer = new ToyTokenizer();
  const model = bigramModel(
    tokenizer,
    "the cat sleeps the dogs barks it is hot we swim say w3 ity say w2 ity has a cat.",
  );
  const run = async (suite: "full" | "fast", revision: string) => {
    for (const { task, dataFolder } of availableTasks(dataRoot, suite).present) {
      await scoreZeroShot({ model, tokenizer, task, dataFolder, outFolder: resultsFolder, modelName: "toy", revision });
    }
  };
  await run("full", "main");
  for (const task of SUPERGLUE) {
    const { files } = judgePredictions(task, { predictions: [0, 1, 0], labels: [0, 1, 1] }, OFFICIAL);
    writeResultFiles(path.join(resultsFolder, "toy", "main", "finetune", task.name), files);
  }
  return { dataRoot, resultsFolder, run };
}

test("collation puts every prediction into one file, and the final table follows from it alone", async (t) => {
  const { dataRoot, resultsFolder } = await scoredModel(t);
  const request = { resultsFolder, modelName: "toy", dataRoot };
  assert.throws(() => collate(request), /1 of 16 result files are missing: .*AoA_word/);
  const { file, missing } = collate({ ...request, partial: true });
  assert.equal(missing.length, 1);
  const all = parsePythonJson(fs.readFileSync(file, "utf8")) as Record<
    string,
    Record<string, { predictions: unknown[] }>
  >;
  assert.deepEqual(Object.keys(all), [...WITHOUT_COMPS, "comps", "reading", "glue"]);
  assert.equal(all.reading.reading.predictions.length, 60);
  const scores = Object.fromEntries(finalScores(file, dataRoot).map(({ name, value }) => [name, value]));
  assert.equal(scores.BLIMP, 50); // "the dogs barks" was read, "the dogs bark" was not
  assert.equal(scores["ENTITY TRACKING"], 100);
  assert.ok(Math.abs(scores.GLUE - 200 / 3) < 1e-9);
  assert.ok(Math.abs(scores["GLUE (F1 for MRPC and QQP)"] - 200 / 3) < 1e-9); // F1 = 2·1 / (2·1 + 0 + 1)
  assert.match(finalTable(finalScores(file, dataRoot)), /^BLIMP: 50\.00\nSUPPLEMENT: 50\.00\nEWOK: 100\.00\n/);
});

test("files of unequal length, foreign groups and doubled ids are refused by name", async (t) => {
  const { dataRoot, resultsFolder } = await scoredModel(t);
  const request = { resultsFolder, modelName: "toy", dataRoot, partial: true };
  const file = path.join(resultsFolder, "toy/main/zero_shot/causal/blimp/blimp_filtered/predictions.json");
  const good = fs.readFileSync(file, "utf8");
  fs.writeFileSync(file, good.replace("sv_1", "sv_0"));
  assert.throws(() => collate(request), /predictions\.json: was altered .* delete SHA256SUMS beside it$/);
  fs.rmSync(path.join(path.dirname(file), "SHA256SUMS"));
  const broken: [string, RegExp][] = [
    [good.replace(/, \{"id": "sv_1"[^}]*\}/, ""), /sv has 1 predictions, the data have 2 rows/],
    [good.replace("sv_1", "sv_0"), /prediction 1 of sv has the id sv_0, want sv_1/],
    [good.replace('{"sv":', '{"other":'), /predictions for other, which the data do not have/],
    ["{}", /no predictions for sv/],
    ['{"sv": []}', /"sv" has no list of predictions/],
  ];
  for (const [text, message] of broken) {
    fs.writeFileSync(file, text);
    assert.throws(() => collate(request), message);
  }
  fs.writeFileSync(file, good);
  collate(request);
});

test("fast scores of the training checkpoints are in track order, as fractions", async (t) => {
  const { dataRoot, resultsFolder, run } = await scoredModel(t);
  await run("fast", "chck_1M");
  await run("fast", "chck_100M");
  const { file, missing } = collate({
    resultsFolder,
    modelName: "toy",
    dataRoot,
    fastTrack: "strict-small",
    partial: true,
  });
  assert.equal(missing.length, 1 + 17 * 7); // age of acquisition, and 17 checkpoints of 7 tasks
  const fast = (parsePythonJson(fs.readFileSync(file, "utf8")) as Record<string, Record<string, unknown[]>>)
    .fast_eval_results;
  assert.deepEqual(Object.keys(fast), [...WITHOUT_COMPS, "reading"]);
  assert.deepEqual(fast.blimp, [{ sv: 0.5 }, { sv: 0.5 }]);
  assert.deepEqual(Object.keys(fast.reading[0] as object), ["spr", "rt"]);
});

test("answers are read back from the result folders; a model compared with itself is found out", async (t) => {
  const { dataRoot, resultsFolder } = await scoredModel(t);
  const answers = loadAnswers(path.join(resultsFolder, "toy", "main"), dataRoot);
  assert.deepEqual(
    answers.map(({ task }) => task),
    [...WITHOUT_COMPS, "comps", ...SUPERGLUE.map((g) => g.name)],
  );
  const [blimp] = answers;
  assert.deepEqual(blimp.metric === "accuracy" && [blimp.credits, blimp.weights], [
    [1, 0],
    [0.5, 0.5],
  ]);
  for (const row of compareModels(answers, answers, Rng.fromSeed(1), 100)) {
    assert.deepEqual([row.difference, row.same, row.pHolm], [0, row.n, 1]);
  }
  assert.throws(() => loadAnswers(path.join(resultsFolder, "none"), dataRoot), /no such folder/);
});
