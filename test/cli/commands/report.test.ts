/** @file Which models the report takes to its live page. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { liveModels } from "../../../src/cli/commands/report";
import { llamaConfig, toHuggingFace } from "../../../src/model/llama-config";
import { whyNotLive } from "../../../src/notebook/reports/live-page";
import { temporaryFolder } from "../../support/temporary-folder";

const config = (hiddenSize: number) =>
  JSON.stringify(
    toHuggingFace(
      llamaConfig({
        vocabSize: 1000,
        hiddenSize,
        intermediateSize: 4 * hiddenSize,
        numHiddenLayers: 1,
        numAttentionHeads: 4,
      }),
    ),
  );

test("finished models go live in the paper's order, and only those tuned on instructions talk", (t) => {
  const folder = temporaryFolder(t, {
    "wide-wiki-switch/model/config.json": config(32),
    "wide-base/model/config.json": config(32),
    "wide-merged/model/model.safetensors": "", // its config is not written yet
    "wide-wiki/model/config.json": config(32), //  not one that the page compares
  });
  const models = liveModels(folder);
  assert.deepEqual(
    models.map(({ label, talks }) => [label, talks]),
    [
      ["wide base", false],
      ["wide wiki→switch", true],
    ],
  );
  assert.equal(models[0].folder, path.join(folder, "wide-base", "model"));
  assert.equal(whyNotLive(models), null);
});

test("without models, or with models too large for a page, the reason is reported", (t) => {
  assert.deepEqual(liveModels(temporaryFolder(t)), []);
  assert.equal(whyNotLive([]), "there are no finished models");
  const large = liveModels(temporaryFolder(t, { "wide-base/model/config.json": config(2048) })); // 2VC + 4CC + 12CC + 3C
  assert.match(
    whyNotLive(large) as string,
    /^the models have 71,211,008 parameters together, and a page holds at most 30,000,000/,
  );
});
