/** @file Protocol 2026 beside its own code: every prediction for a small model on the sample world. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { before, test } from "node:test";
import { readPredictions } from "../../src/eval/official/predictions";
import { scoringMode } from "../../src/eval/scoring-mode";
import { scoreZeroShot, taskFolder } from "../../src/eval/zero-shot";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { zeroShotTask } from "../../src/tasks/index";
import { loadItems } from "../../src/tasks/load";
import type { ForcedChoiceTask } from "../../src/tasks/task";
import { initBackend } from "../../src/tensor";
import { golden } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";
import { PROTOCOL_DATA, protocolModel } from "./protocol-model";

/** By data folder and UID, the option chosen for each item; "-" where the best options (nearly) tie. */
const OFFICIAL = golden<Record<string, Record<string, string>>>("eval/protocol-2026.json");

const TASKS = {
  blimp_filtered: "blimp",
  supplement_filtered: "blimp_supplement",
  entity_tracking: "entity_tracking",
  ewok_filtered: "ewok",
} as const;

before(async () => {
  await initBackend();
});

for (const [folder, task] of Object.entries(TASKS)) {
  test(`${task} under protocol 2026: every prediction of its own code`, { timeout: 120_000 }, async (t) => {
    const { model, tokenizer } = protocolModel();
    t.after(() => model.dispose());
    const mode = scoringMode("official", "2026");
    const request = {
      model: new LlamaLanguageModel(model, { name: "protocol" }),
      tokenizer,
      task,
      dataFolder: path.join(PROTOCOL_DATA, folder),
      outFolder: temporaryFolder(t),
      mode,
    };
    const [score] = await scoreZeroShot(request);
    const resultFile = path.join(taskFolder(request, zeroShotTask(task, mode)), "predictions.json");
    const ours = readPredictions(resultFile);
    const items = loadItems(request.dataFolder, zeroShotTask(task, mode) as ForcedChoiceTask);
    const theirs = OFFICIAL[folder];
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort());
    let compared = 0;
    for (const [uid, letters] of Object.entries(theirs)) {
      const own = items.filter((item) => item.uid === uid);
      const chosen = ours[uid].predictions.map(({ pred }, i) => own[i].answers.indexOf(pred as string));
      assert.equal(chosen.length, letters.length, uid);
      for (const [i, letter] of [...letters].entries()) {
        if (letter === "-") continue;
        compared++;
        assert.equal(chosen[i], Number(letter), `${uid}, item ${i}`);
      }
    }
    t.diagnostic(`${compared} of ${score.n} items compared`);
    assert.ok(compared >= 0.98 * score.n, `${compared} of ${score.n}`);
  });
}
