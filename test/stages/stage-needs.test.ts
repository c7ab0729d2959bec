import assert from "node:assert/strict";
import { test } from "node:test";
import { MODELS } from "../../src/experiments/models";
import type { StageNode } from "../../src/stages/stage-graph";
import { stageFlops, stageNeeds } from "../../src/stages/stage-needs";
import { temporaryFolder } from "../support/temporary-folder";
import { dataWorkspace } from "./support/data-workspace";

const stage = (kind: StageNode["kind"], id: string): StageNode => ({ id, kind, needs: [] }) as unknown as StageNode;

test("fine-tuning is estimated from rows, their length and the limits on both, as by hand", (t) => {
  const row = (bytes: number) => `${JSON.stringify({ sentence1: "", sentence2: "x".repeat(bytes), label: 0 })}\n`;
  const lengthOf = (bytes: number) => row(bytes).length;
  const glue = "data/evaluation_data/full_eval/glue_filtered";
  const folder = temporaryFolder(t, {
    "data/x.train": "word ".repeat(1100), // 5,500 bytes: 1,000 words
    [`${glue}/rte.train.jsonl`]: row(100).repeat(3_000), // more rows than are used
    [`${glue}/rte.valid.jsonl`]: row(4_000).repeat(20), // longer than the longest input
  });
  const workspace = dataWorkspace(folder, "study");
  const { hiddenSize: C, intermediateSize: F, numHiddenLayers: L } = MODELS.study.wide;
  const weights = L * (4 * C * C + 3 * C * F + 2 * C) + C; // without embeddings and output matrix
  const trained = 2_000 * (lengthOf(100) / 4);
  const validated = 20 * 256;
  near(stageFlops(workspace, stage("finetune", "finetune/wide-base/rte")), weights * 3 * (6 * trained + 2 * validated));
});

test("a learning curve is estimated from the bytes of its tasks and the checkpoints that are saved, as by hand", (t) => {
  const pairs = "x".repeat(10_000); // 1,000 scored tokens
  const folder = temporaryFolder(t, {
    "data/x.train": "word ".repeat(1_650_000), // 1.5 million words by their bytes; two epochs: 3 checkpoints
    "data/evaluation_data/full_eval/blimp_filtered/a.jsonl": pairs,
  });
  const { vocabSize: V, hiddenSize: C, intermediateSize: F, numHiddenLayers: L } = MODELS.study.wide;
  const weights = V * C + L * (4 * C * C + 3 * C * F + 2 * C) + C; // without the embedding
  const flops = stageFlops(dataWorkspace(folder, "study"), stage("learning-curve", "learning-curve/wide"));
  near(flops, 3 * 2 * weights * 1_000);
});

test("a training on a GPU requests the host's memory for the process and copies of the state, not for activations", (t) => {
  const folder = temporaryFolder(t, { "data/x.train": "word ".repeat(1100) });
  const workspace = dataWorkspace(folder, "paper");
  const needs = (gpu: number) =>
    stageNeeds(workspace, stage("pretrain", "pretrain/wide"), { flops: 1e12, threads: 1, gpu });
  assert.equal(needs(1).memoryMb, Math.ceil(1_500 + (1.5 * 16 * 140_231_872) / 1e6));
  assert.ok(needs(0).memoryMb > needs(1).memoryMb);
});

function near(got: number, want: number): void {
  assert.ok(Math.abs(got / want - 1) < 0.01, `${got}, not ${want}`);
}
