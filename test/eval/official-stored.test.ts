/**
 * @file Against the official pipeline's own numbers, without a model: from the scores and surprisals that it computed to
 * the reports and predictions that it wrote.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { type AoaResult, acquisitionScore } from "../../src/eval/acquisition-curves";
import { decide } from "../../src/eval/kinds/forced-choice";
import { firstShare } from "../../src/eval/kinds/preference";
import { macroAverage, splitMeans, tally } from "../../src/eval/metrics";
import { parsePythonJson } from "../../src/eval/official/python-format";
import { accuracyReport, predictionsJson, readingFiles, rhoReport } from "../../src/eval/official/result-files";
import { type PredictedRow, readingGain } from "../../src/eval/reading-gain";
import { SafetensorsFile } from "../../src/model/checkpoint/safetensors";
import { spearman } from "../../src/stats/correlation";
import { loadChildCurves } from "../../src/tasks/aoa";
import { zeroShotTask } from "../../src/tasks/index";
import { loadItems } from "../../src/tasks/load";
import { loadReading } from "../../src/tasks/reading";
import type { ChoiceItem } from "../../src/tasks/task";
import { WUG_ADJ } from "../../src/tasks/wug";
import { readJson, readJsonl } from "../../src/util/jsonl";
import { assertAllClose } from "../support/close";
import { referencePath, skipWithout } from "../support/reference";

const CAUSAL = "oracles/official/results/model-A/main/zero_shot/causal";
const DATA = "data/evaluation_data";

interface Stored {
  items: (ChoiceItem & { humanRatio?: number })[];
  scores: number[][];
}

/** Items in the order of the official run, with the scores it computed. */
function stored(taskName: string, name: string, data: string): Stored {
  const task = zeroShotTask(taskName);
  if (task.kind !== "forced-choice" && task.kind !== "preference") throw new Error(taskName);
  const file = SafetensorsFile.open(referencePath(`oracles/official/scores/${name}.scores.safetensors`) as string);
  const { shape, values } = file.read("scores");
  const order = readJson<{ file: string }[]>(referencePath(`oracles/official/scores/${name}.order.json`) as string);
  const items = order.flatMap(({ file }) =>
    readJsonl(path.join(referencePath(`${DATA}/${data}`) as string, file), (row) =>
      task.toItem(row, file.replace(".jsonl", "")),
    ),
  );
  const [n, options] = shape;
  assert.equal(items.length, n);
  return { items, scores: items.map((_, i) => Array.from(values.subarray(i * options, (i + 1) * options))) };
}

const ACCURACY_RUNS = [
  ["blimp", "blimp_filtered", "full_eval/blimp_filtered", "blimp/blimp_filtered"],
  ["blimp", "blimp_fast", "fast_eval/blimp_fast", "blimp/blimp_fast"],
  ["blimp_supplement", "supplement_filtered", "full_eval/supplement_filtered", "blimp/supplement_filtered"],
  ["blimp_supplement", "supplement_fast", "fast_eval/supplement_fast", "blimp/supplement_fast"],
  ["entity_tracking", "entity_tracking", "full_eval/entity_tracking", "entity_tracking/entity_tracking"],
] as const;

for (const [taskName, name, data, results] of ACCURACY_RUNS) {
  const needs = [`oracles/official/scores/${name}.scores.safetensors`, `${DATA}/${data}`, `${CAUSAL}/${results}`];
  test(`${name}: report and predictions are the official bytes, from the official scores`, {
    skip: skipWithout(...needs),
  }, () => {
    const { items, scores } = stored(taskName, name, data);
    const task = zeroShotTask(taskName);
    assert.ok(task.kind === "forced-choice");
    const decisions = scores.map((s) => decide(s, "first"));
    const counts = tally(
      items,
      decisions.map((d) => d.credit),
    );
    const uids = new Map([...(counts.get("UID") ?? [])].map(([uid, c]) => [uid, (100 * c.credit) / c.n]));
    const splits = task.aggregate === "macro" ? undefined : splitMeans(uids, task.aggregate.splits);
    const folder = referencePath(`${CAUSAL}/${results}`) as string;
    const official = (file: string) => fs.readFileSync(path.join(folder, file), "utf8");
    assert.equal(
      accuracyReport(counts, macroAverage(uids, task.aggregate), splits),
      official("best_temperature_report.txt"),
    );
    const chosen = decisions.map((d) => d.chosen);
    assert.ok(predictionsJson(items, chosen) === official("predictions.json"), "predictions differ");
  });
}

test("wug_adj: report, predictions and float32 shares are the official ones, from the official scores", {
  skip: skipWithout("oracles/official/scores/wug_adj.scores.safetensors", `${DATA}/full_eval/wug_adj_nominalization`),
}, () => {
  const { items, scores } = stored("wug_adj", "wug_adj", "full_eval/wug_adj_nominalization");
  const shares = scores.map((s) => firstShare(s, "float32"));
  const folder = referencePath(`${CAUSAL}/wug_adj/wug_adj_nominalization`) as string;
  const official = readJson<{ wug_adj: { predictions: { id: string; pred: string; prob: number }[] } }>(
    path.join(folder, "predictions.json"),
  ).wug_adj.predictions;
  assertAllClose(
    shares,
    official.map((p) => p.prob),
    { rtol: 3e-7, atol: 0 },
  );
  items.forEach((item, i) => {
    assert.equal(item.answers[decide(scores[i], "first").chosen], official[i].pred);
  });
  const human = items.map((item) => item.humanRatio as number);
  const report = fs.readFileSync(path.join(folder, "best_temperature_report.txt"), "utf8");
  assert.equal(rhoReport(spearman(shares, human)), report);
});

for (const base of [
  CAUSAL,
  "data/reference_results/mamba-1024/main/zero_shot/causal",
  "data/reference_results/opt-8192/main/zero_shot/causal",
]) {
  test(`reading, from the surprisals of ${base.split("/")[base.startsWith("data") ? 2 : 4]}: all regressions within 1e-6`, {
    skip: skipWithout(`${base}/reading`, `${DATA}/full_eval/reading/reading_data.csv`),
  }, () => {
    const folder = referencePath(`${base}/reading`) as string;
    const rows = loadReading(referencePath(`${DATA}/full_eval/reading/reading_data.csv`) as string);
    const lines = fs.readFileSync(path.join(folder, "prediction.jsonl"), "utf8").trim().split("\n");
    assert.equal(lines.length, rows.length);
    const predicted: PredictedRow[] = rows.map((row, i) => {
      const line = parsePythonJson(lines[i]) as { Word: string; Logprob: number; Prev_Logprob: number | null };
      assert.equal(line.Word, row.word);
      return { ...row, pred: line.Logprob, prevPred: line.Prev_Logprob ?? Number.NaN };
    });
    const gain = readingGain(predicted);
    const files = readingFiles(predicted, gain);
    const official = (file: string) => fs.readFileSync(path.join(folder, file), "utf8");
    assert.equal(files["report.txt"], official("report.txt"));
    assert.equal(files["correlations.txt"], official("correlations.txt"));
    assert.equal(files["prediction.jsonl"], official("prediction.jsonl"));
    for (const name of ["predictive_power.jsonl", "predictive_power_spillover.jsonl"]) {
      const ours = files[name]
        .trim()
        .split("\n")
        .map((l) => JSON.parse(l) as Record<string, number>);
      const theirs = official(name)
        .trim()
        .split("\n")
        .map((l) => JSON.parse(l) as Record<string, number>);
      assert.equal(ours.length, theirs.length);
      theirs.forEach((want, i) => {
        assert.deepEqual(Object.keys(ours[i]), Object.keys(want));
        assert.equal(ours[i]["Predicted variable"], want["Predicted variable"]);
        const keys = Object.keys(want).slice(1);
        assertAllClose(
          keys.map((k) => ours[i][k]),
          keys.map((k) => want[k]),
          { rtol: 1e-7, atol: 1e-9 },
          `${name} ${want["Predicted variable"]}`,
        );
      });
    }
  });
}

test("age of acquisition: both fits agree with SciPy word by word, nulls included, and so does the score", {
  skip: skipWithout("data/synthetic_aoa"),
}, () => {
  const file = (name: string) => referencePath(`data/synthetic_aoa/${name}`) as string;
  const { results } = readJson<{ results: AoaResult[] }>(file("surprisal.json"));
  const expected = readJson<{
    curve_fitness: number;
    p_value: number;
    mean_monthly_score: number;
    valid_words: string[];
    model_aoas: number[];
    child_aoas: number[];
  }>(file("expected.json"));
  const score = acquisitionScore(
    results.map((r) => ({ ...r, surprisal: r.surprisal ?? Number.NaN })),
    loadChildCurves(file("cdi_human.csv")),
  );
  assert.deepEqual(score.validWords, expected.valid_words);
  assertAllClose(score.modelAges, expected.model_aoas, { rtol: 1e-6 }, "model ages");
  assertAllClose(score.childAges, expected.child_aoas, { rtol: 1e-6 }, "child ages");
  assertAllClose([score.curveFitness, score.pValue], [expected.curve_fitness, expected.p_value], { atol: 1e-6 });
  assertAllClose([score.meanMonthlyScore], [expected.mean_monthly_score]);
});

test("the wug metric before August 2025 was the share of first forms: 64.50 for a published model", {
  skip: skipWithout("data/reference_results/opt-8192", `${DATA}/full_eval/wug_adj_nominalization`),
}, () => {
  const folder = referencePath(
    "data/reference_results/opt-8192/main/zero_shot/causal/wug/wug_adj_nominalization",
  ) as string;
  const { predictions } = readJson<Record<string, { predictions: { pred: string }[] }>>(
    path.join(folder, "predictions.json"),
  ).wug_adj_nominalization;
  const items = loadItems(referencePath(`${DATA}/full_eval/wug_adj_nominalization`) as string, WUG_ADJ);
  const first = predictions.filter((p, i) => p.pred === items[i].answers[0]).length;
  assert.match(
    fs.readFileSync(path.join(folder, "best_temperature_report.txt"), "utf8"),
    /### AVERAGE ACCURACY\n64\.50\n/,
  );
  assert.equal((100 * first) / items.length, 64.5);
});
