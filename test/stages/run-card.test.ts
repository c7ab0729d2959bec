import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { PRETRAINING } from "../../src/experiments/models";
import { findRun } from "../../src/experiments/runs";
import { saveHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { writeRunCard } from "../../src/stages/run-card";
import { modelFolder, openWorkspace } from "../../src/stages/workspace";
import { initBackend } from "../../src/tensor";
import { projectRoot } from "../../src/util/project-root";
import { fixtureRuns } from "../support/fixture-runs";
import { temporaryFolder } from "../support/temporary-folder";
import { tinyModel } from "../train/support/tiny-stage";

test("the card of a run has its training, losses and scores, without time or path, and is reproducible", async (t) => {
  await initBackend();
  const runs = temporaryFolder(t);
  const options = { scale: "tiny", seed: 42, suite: "full", data: null, runs, results: path.join(runs, "r") } as const;
  const w = openWorkspace(projectRoot(), options);
  const model = tinyModel();
  for (const runId of ["wide-base", "wide-switch-wiki"]) {
    const run = findRun(runId);
    await saveHuggingFace(modelFolder(w, runId), model, undefined, "before");
    const summary = fixtureRuns().find((r) => r.runId === runId)!;
    const file = path.join(modelFolder(w, runId), "README.md");
    const texts = [1, 2].map(() => {
      writeRunCard(w, run, summary);
      return fs.readFileSync(file, "utf8");
    });
    assert.equal(texts[0], texts[1]);
    const [text] = texts;
    assert.match(text, new RegExp(`^# ${runId} \\(llama1\\.3M\\), scale tiny, seed 42$`, "m"));
    const { epochs, batchSize, warmupSteps } = PRETRAINING.tiny;
    const how = `${epochs} epochs, batches of ${batchSize} .* after ${warmupSteps} updates of warm-up`;
    assert.match(text, new RegExp(`^- Pre-trained on the sample world.*: ${how}\\.$`, "m"));
    const tuned = text.match(/^- Instruction-tuned on .*$/gm) ?? [];
    assert.equal(tuned.length, runId === "wide-base" ? 0 : 2);
    if (tuned.length > 0)
      assert.match(tuned.join(), /conversations.*loss on replies only: \d epochs.*Simple Wikipedia/);
    for (const { task, value } of summary.scores)
      assert.match(text, new RegExp(`\\| ${task} \\| \\w+ \\| ${value.toFixed(3)} `));
    assert.match(text, /synthetic benchmarks/);
    assert.doesNotMatch(text, new RegExp(`${runs}|20\\d\\d-|undefined|NaN`));
  }
  model.dispose();
});
