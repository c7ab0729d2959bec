import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { openResults } from "../../src/results/open-results";
import type { RunSummary } from "../../src/results/schema";
import { writeSummary } from "../../src/results/write";
import { fixtureRuns } from "../support/fixture-runs";
import { temporaryFolder } from "../support/temporary-folder";

test("results made with another form of the wiki prompt say so in every caption", () => {
  for (const world of ["real", "real-medium", "sample"]) {
    const { allRuns, source, firstSeedSource } = openResults(world);
    const forms = new Set(allRuns.map(({ promptForm }) => promptForm));
    assert.deepEqual([...forms], [world === "sample" ? "article-and-question" : "question"], world);
    const isTold = world === "real"; // real-medium has one model, which was tuned on nothing
    for (const text of [source, firstSeedSource]) {
      assert.equal(text.includes("wiki prompts: the question without the article"), isTold, text);
    }
  }
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
