import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { openResults } from "../../src/results/open-results";
import type { RunSummary } from "../../src/results/schema";
import { writeSummary } from "../../src/results/write";
import { writeJson } from "../../src/util/jsonl";
import { renewManifest } from "../../src/util/manifest";
import { fixtureRuns } from "../support/fixture-runs";
import { temporaryFolder } from "../support/temporary-folder";

test("results made with another form of the wiki prompt say so in every caption", (t) => {
  const root = temporaryFolder(t);
  const write = (world: string, form: RunSummary["promptForm"], variants: readonly string[]) => {
    for (const run of fixtureRuns().filter((r) => r.seed === 1 && variants.includes(r.variant))) {
      writeSummary(path.join(root, "data", "results", world, run.runId), { ...run, promptForm: form });
    }
  };
  write("questions", "question", ["base", "merged"]);
  write("base-only", "question", ["base", "switch"]); // tuned on no wiki prompt
  write("articles", "article-and-question", ["base", "merged"]);
  for (const world of ["questions", "base-only", "articles"]) {
    const { source, firstSeedSource } = openResults(world, root);
    for (const text of [source, firstSeedSource]) {
      assert.equal(text.includes("wiki prompts: the question without the article"), world === "questions", text);
    }
  }
});

test("a control is set apart from the eight models, and alone it is refused", (t) => {
  const root = temporaryFolder(t);
  const [run] = fixtureRuns().filter(({ seed, runId }) => seed === 1 && runId === "wide-base");
  const control: RunSummary = { ...run, runId: "wide-more-pretraining", variant: "more-pretraining" };
  const folder = path.join(root, "data", "results", "study");
  writeSummary(path.join(folder, control.runId), control);
  assert.throws(() => openResults("study", root), /has no run but a control/);
  writeSummary(path.join(folder, run.runId), run);
  const { runs, allRuns, controls, rows } = openResults("study", root);
  assert.deepEqual(
    [runs, allRuns, controls].map((list) => list.map(({ runId }) => runId)),
    [["wide-base"], ["wide-base"], ["wide-more-pretraining"]],
  );
  assert.ok(rows.every(({ runId }) => runId === "wide-base"));
});

test("a further seed that was trained on other text is refused", (t) => {
  const root = temporaryFolder(t);
  const folders = ["study", "study-seed-2"].map((name) => path.join(root, "data", "results", name));
  const writeReport = (folder: string, bytes: number) => {
    const sources = [
      { source: "gutenberg", bytes: 5 },
      { source: "childes", bytes },
    ];
    writeJson(path.join(folder, "data-report.json"), { corpus: { sources } });
    renewManifest(folder, ["data-report.json"]);
  };
  folders.forEach((folder, i) => {
    for (const run of fixtureRuns(i + 1)) writeSummary(path.join(folder, run.runId), run);
    writeReport(folder, 10);
  });
  assert.deepEqual(openResults("study", root).seeds, [1, 2]);
  writeReport(folders[1], 11);
  assert.throws(() => openResults("study", root), /study-seed-2: .* childes has 11 bytes instead of 10/);
});

test("a further seed without a run or a task of the first is in no mean and no caption, and is set apart", (t) => {
  const root = temporaryFolder(t);
  const write = (folder: string, run: RunSummary) =>
    writeSummary(path.join(root, "data", "results", folder, run.runId), run);
  const withoutFineTuning = (run: RunSummary) => ({
    ...run,
    scores: run.scores.filter(({ family }) => family === "zero-shot"),
  });
  for (const run of fixtureRuns(1)) write("study", run);
  for (const run of fixtureRuns(2)) write("study-seed-2", run);
  for (const run of fixtureRuns(3)) write("study-seed-3", withoutFineTuning(run)); // lacks tasks
  fs.mkdirSync(path.join(root, "data", "results", "study-seed-4")); // in training
  for (const run of fixtureRuns(10)) if (run.model === "wide") write("study-seed-10", run); // lacks runs
  const { seeds, runs, allRuns, partialRuns, rows, source } = openResults("study", root);
  assert.deepEqual(seeds, [1, 2]);
  assert.match(source, /2 seeds$/);
  assert.deepEqual([runs.length, allRuns.length], [8, 16]);
  assert.deepEqual([...new Set(rows.map(({ seed }) => seed))], [1, 2]);
  assert.deepEqual(
    partialRuns.map(({ seed }) => seed),
    [...Array(8).fill(3), ...Array(6).fill(10)],
  );
});

test("results of protocol 2026 say so in every caption and stand beside no published score of 2025", (t) => {
  const root = temporaryFolder(t);
  const inProtocol = (run: RunSummary): RunSummary => ({
    ...run,
    protocol: "2026",
    scores: run.scores.map((score) => ({ ...score, mode: "protocol-2026" })),
  });
  for (const run of fixtureRuns().filter(({ seed }) => seed === 1)) {
    writeSummary(path.join(root, "data", "results", "real-2026", run.runId), inProtocol(run));
  }
  const { source, baselines } = openResults("real-2026", root);
  assert.match(source, /, protocol 2026, seed 1/);
  assert.deepEqual(baselines, []);
});
