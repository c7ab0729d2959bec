import assert from "node:assert/strict";
import { test } from "node:test";
import { CURRICULA } from "../../src/experiments/curricula";
import { planStages } from "../../src/stages/plan-stages";

const RATE = { secondsPerToken: 1 / 5000, secondsPerUpdate: 0.01 };

test("stages of the study: counted by hand, shared ones once, the control as long as merged tuning", () => {
  const curricula = [CURRICULA.base, CURRICULA.merged, CURRICULA["switch-wiki"], CURRICULA.switch].concat([
    CURRICULA["more-pretraining"],
  ]);
  const words = 7e6;
  const stages = planStages("study", curricula, words, 1.5, RATE);
  assert.deepEqual(
    stages.map((stage) => stage.stage),
    ["pretrain", "instruct merged", "instruct switch", "instruct switch→wiki", "more-pretraining"],
  );
  const [pretrain, merged, talk, lectures, control] = stages;
  assert.ok(Math.abs(pretrain.tokens - 2 * 0.9 * words * 1.5) < 1); // 2 epochs of the training side
  assert.equal(pretrain.updates, 2 * Math.ceil((0.9 * words * 1.5) / 256 / 8));
  assert.ok(Math.abs(pretrain.hours - (pretrain.tokens / 5000 + pretrain.updates * 0.01) / 3600) < 1e-9);
  // the budget: 667,000 words, 100,000 of them Switchboard's, whose turns are read twice; three epochs
  assert.ok(Math.abs(talk.tokens - 3 * 0.9 * 2 * 100_000 * 1.5) < 1);
  assert.ok(Math.abs(lectures.tokens - 3 * 0.9 * 567_000 * 1.5) < 3 * 0.9 * 2000 * 1.5); // 7.4M of 91M is 569,231
  assert.ok(Math.abs(merged.tokens - talk.tokens - lectures.tokens) < 1);
  assert.deepEqual({ ...control, stage: "" }, { ...merged, stage: "" });
});
