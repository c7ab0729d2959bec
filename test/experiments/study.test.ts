import assert from "node:assert/strict";
import { test } from "node:test";
import { CURRICULA, VARIANTS } from "../../src/experiments/curricula";
import { FINETUNE_TASKS, FINETUNING } from "../../src/experiments/finetuning";
import { INSTRUCTION_WORDS, MODELS, SWITCHBOARD_WORDS } from "../../src/experiments/models";
import { PAPER_CORPUS } from "../../src/experiments/paper-corpus";
import { CONTROL_RUNS, findRun, RUNS, runsAt } from "../../src/experiments/runs";
import { countParameters } from "../../src/model/count-parameters";
import { llamaConfig } from "../../src/model/llama-config";

const sizeOf = ({ name: _, ...shape }: (typeof MODELS)["study"]["wide"]) => countParameters(llamaConfig(shape));

test("the study's shapes keep the paper's contrast: layers 3 to 5, vocabularies 2 to 1, parameters 1.4 to 1", () => {
  const { wide, narrow } = MODELS.study;
  // by hand: 2 V C + L (4 C² + 3 C F + 2 C) + C
  assert.equal(sizeOf(wide), 2 * 8192 * 160 + 6 * (4 * 160 ** 2 + 3 * 160 * 640 + 320) + 160);
  assert.equal(sizeOf(narrow), 2 * 4096 * 128 + 10 * (4 * 128 ** 2 + 3 * 128 * 512 + 256) + 128);
  assert.deepEqual([sizeOf(wide), sizeOf(narrow)], [5_081_120, 3_672_704]);
  assert.equal(wide.numHiddenLayers / narrow.numHiddenLayers, 12 / 20);
  assert.equal(wide.vocabSize / narrow.vocabSize, 2);
  const paper = sizeOf(MODELS.paper.wide) / sizeOf(MODELS.paper.narrow);
  assert.ok(Math.abs(sizeOf(wide) / sizeOf(narrow) - paper) < 0.02);
});

test("the study's instruction data are to its text as the paper's to its own, Switchboard's share included", () => {
  const cleaned = 6_981_615; // words of the study's six sources after cleaning
  assert.ok(Math.abs(INSTRUCTION_WORDS.study / cleaned / (8.7e6 / 91e6) - 1) < 0.01);
  const talk = (SWITCHBOARD_WORDS.study ?? 0) / INSTRUCTION_WORDS.study;
  assert.ok(Math.abs(talk / (PAPER_CORPUS.switchWords / 8.7e6) - 1) < 0.01);
});

test("the study fine-tunes on at most 10,000 rows and judges on whole validation sets", () => {
  for (const task of FINETUNE_TASKS) {
    const { maxTrainRows, maxValidRows, epochs } = FINETUNING.study[task];
    assert.ok(maxTrainRows !== null && maxTrainRows <= 10_000 && epochs <= 3, task);
    assert.equal(maxValidRows, null);
    assert.equal(FINETUNING.study[task].selectBy, FINETUNING.paper[task].selectBy);
    assert.equal(FINETUNING.study[task].batchSize, FINETUNING.paper[task].batchSize);
  }
});

test("the control is a run of the study, and of no other scale unless it is named", () => {
  assert.deepEqual(
    CONTROL_RUNS.map((run) => run.runId),
    ["wide-more-pretraining"],
  );
  assert.deepEqual(runsAt("study"), [...RUNS, ...CONTROL_RUNS]);
  for (const scale of ["tiny", "small", "medium", "paper"] as const) assert.equal(runsAt(scale), RUNS);
  assert.equal(findRun("wide-more-pretraining").variant, "more-pretraining");
  assert.ok(Object.values(VARIANTS).every((variants) => !variants.includes("more-pretraining")));
  assert.deepEqual(CURRICULA["more-pretraining"][0].sources, CURRICULA.merged[0].sources);
});
