/**
 * @file Miniature training runs for notebook cells: a model of some 0.2M parameters, tens of updates.
 *
 * The same loop, template and packing as the real stages; only the sizes differ. No files remain on disk.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { INSTRUCTION, PRETRAINING } from "../experiments/models";
import { Llama } from "../model/llama";
import { llamaConfig } from "../model/llama-config";
import { initBackend } from "../tensor";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { documentExample } from "../train/examples";
import { trainStage } from "../train/loop";
import type { StageResult, TrainingExample } from "../train/training-stage";
import { validationLoss } from "../train/validation";
import { Rng } from "../util/rng";
import { fitPairs, type Pair } from "./fit-pair";
import { stageSettings } from "./pretrain";

/** [ours] Wide and shallow like the paper's larger model, with about 1/400 of its parameters. */
const MICRO = { hiddenSize: 64, intermediateSize: 256, numHiddenLayers: 2, numAttentionHeads: 2 };

/** A fresh, untrained micro model for this tokenizer's vocabulary. */
export async function microModel(tokenizer: Tokenizer, seed: number): Promise<Llama> {
  await initBackend();
  return Llama.init(llamaConfig({ ...MICRO, vocabSize: tokenizer.vocabSize }), Rng.fromSeed(seed).fork("live/init"));
}

/** Training examples from documents as in pre-training (`<s> text </s>`), with loss on every token after the first. */
export function textExamples(
  documents: readonly { source: string; text: string }[],
  tokenizer: Tokenizer,
): TrainingExample[] {
  return documents.map((document) => documentExample(document, tokenizer));
}

/**
 * Training examples from pairs as in instruction tuning at scale `tiny`, with prompts cut to fit and loss only on the reply and the closing `</s>`.
 */
export function replyExamples(rows: readonly Pair[], tokenizer: Tokenizer): TrainingExample[] {
  const maxTokens = INSTRUCTION.tiny.sequenceLength + 1;
  return fitPairs(rows, tokenizer, { maxTokens, side: "train" }).examples;
}

export interface MiniatureOptions {
  stage: "pretrain" | "instruct";
  seed: number;
  /** Peak learning rate; by default the tiny scale's. */
  learningRate?: number;
}

/**
 * Train the model in place for one pass over `train`, with the settings of scale `tiny` and a warm-up of ten updates.
 */
export async function trainMiniature(
  model: Llama,
  train: readonly TrainingExample[],
  validation: readonly TrainingExample[],
  { stage, seed, learningRate }: MiniatureOptions,
): Promise<StageResult> {
  const tiny = stage === "pretrain" ? PRETRAINING.tiny : INSTRUCTION.tiny;
  const settings = { ...tiny, epochs: 1, warmupSteps: 10, learningRate: learningRate ?? tiny.learningRate };
  const runFolder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-live-"));
  try {
    return await trainStage(
      model,
      { train, validation },
      stageSettings(`live-${stage}`, settings, stage === "pretrain" ? "stream" : "examples", `${seed}/live`),
      { runFolder },
    );
  } finally {
    fs.rmSync(runFolder, { recursive: true, force: true });
  }
}

/**
 * Mean loss of each single example in nats, in the given order.
 *
 * @throws Error naming the first example that has no token with loss within the sequence length
 */
export async function lossOfEach(model: Llama, examples: readonly TrainingExample[]): Promise<number[]> {
  const settings = stageSettings("live", PRETRAINING.tiny, "examples", "live");
  const labelled = examples.map((example, i) => ({ ...example, source: String(i).padStart(9, "0") }));
  const losses = new Map((await validationLoss(model, labelled, settings)).map((loss) => [loss.source, loss.lossNats]));
  return labelled.map(({ source, lossFrom }, i) => {
    const loss = losses.get(source);
    if (loss === undefined) {
      throw new Error(
        `lossOfEach: example ${i} has no token with loss within ${settings.sequenceLength} tokens ` +
          `(its reply starts at token ${lossFrom}); shorten its prompt`,
      );
    }
    return loss;
  });
}
