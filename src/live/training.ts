/**
 * @file A small model trained in the reader's browser, from fresh weights, on the sample text that the page carries; the same
 * batches, loss and optimizer as the project's pre-training.
 *
 * Training advances in short intervals, so that the page can show the loss, ask other questions and stop.
 */

import { countParameters } from "../model/count-parameters";
import { Llama } from "../model/llama";
import { type LlamaConfig, llamaConfig } from "../model/llama-config";
import { LlamaLanguageModel } from "../model/llama-language-model";
import type { Tokenizer } from "../tokenizer/tokenizer";
import {
  type BatchSettings,
  type MicroBatch,
  microBatches,
  planEpoch,
  stepsPerEpoch,
  type TrainingExample,
} from "../train/batch";
import { documentExample } from "../train/examples";
import { accumulateGradients } from "../train/gradient-accumulation";
import { AdamW } from "../train/optimizer";
import { learningRateFactor, type Schedule } from "../train/schedule";
import { Rng } from "../util/rng";

/** Widths of the models to choose from; both have 4 heads. */
const TRAINED_SIZES = {
  small: { hiddenSize: 64, intermediateSize: 256, numHiddenLayers: 2 },
  large: { hiddenSize: 128, intermediateSize: 384, numHiddenLayers: 3 },
} as const;
export type TrainedSize = keyof typeof TRAINED_SIZES;

const BATCH: BatchSettings = { packing: "stream", batchSize: 8, sequenceLength: 128, maxMicroBatchTokens: 1024 };
const SCHEDULE: Schedule = { schedule: "cosine", warmupSteps: 20, cycles: 0.5, floor: 0 };
const LEARNING_RATE = 4e-3;
const EPOCHS = 3;
const OPTIMIZER = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.05, decay: "all", maxGradNorm: 1 } as const;

export interface TrainingProgress {
  /** Updates made, and updates in all. */
  step: number;
  totalSteps: number;
  /** Mean loss per token of each update since the last answer, in nats. */
  losses: number[];
  tokensSeen: number;
  parameters: number;
}

export class LiveTraining {
  readonly scorer: LlamaLanguageModel;
  private readonly llama: Llama;
  private readonly examples: TrainingExample[];
  private readonly optimizer: AdamW;
  private readonly totalSteps: number;
  private readonly updates: Generator<Generator<MicroBatch>>;
  private step = 0;
  private tokensSeen = 0;

  /** @param documents - texts, at least one word each */
  constructor(tokenizer: Tokenizer, documents: readonly string[], size: TrainedSize, seed = "42") {
    const rng = Rng.fromSeed(seed).fork("live training");
    this.llama = Llama.init(configOf(tokenizer, size), rng.fork("weights"));
    this.scorer = new LlamaLanguageModel(this.llama, { name: "trained here" });
    this.examples = documents.map((text) => documentExample({ source: "sample", text }, tokenizer));
    this.optimizer = new AdamW(this.llama.weights, OPTIMIZER);
    this.totalSteps = EPOCHS * stepsPerEpoch(this.examples, BATCH);
    this.updates = updatesOf(this.examples, rng.fork("order"));
  }

  /** Train for about this many milliseconds, at least one update if any is left. @throws Error if the loss is not finite */
  async advance(milliseconds: number): Promise<TrainingProgress> {
    const losses: number[] = [];
    const until = performance.now() + milliseconds;
    while (this.step < this.totalSteps && (losses.length === 0 || performance.now() < until)) {
      const next = this.updates.next();
      if (next.done === true) break;
      losses.push(await this.update(next.value));
    }
    const { step, totalSteps, tokensSeen } = this;
    return { step, totalSteps, losses, tokensSeen, parameters: countParameters(this.llama.config) };
  }

  dispose(): void {
    this.optimizer.dispose();
    this.llama.dispose();
  }

  /** @returns the mean loss per token, in nats */
  private async update(passes: Iterable<MicroBatch>): Promise<number> {
    let lossTokens = 0;
    const { llama } = this;
    const losses = function* () {
      for (const { batch, labels, lossTokens: counted } of passes) {
        lossTokens += counted;
        yield () => llama.loss(batch, labels, "sum");
      }
    };
    const { lossSum, gradients } = await accumulateGradients(llama.weights, losses());
    const rate = LEARNING_RATE * learningRateFactor(SCHEDULE, this.step + 1, this.totalSteps + 1);
    const [sum] = await Promise.all([lossSum(), this.optimizer.update(gradients, rate, 1 / lossTokens)]);
    this.step++;
    this.tokensSeen += lossTokens;
    return sum / lossTokens;
  }
}

function* updatesOf(examples: readonly TrainingExample[], rng: Rng): Generator<Generator<MicroBatch>> {
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const plan of planEpoch(examples, BATCH, rng.fork(`epoch-${epoch}`)))
      yield microBatches(examples, plan, BATCH);
  }
}

function configOf(tokenizer: Tokenizer, size: TrainedSize): LlamaConfig {
  const { bos, eos } = tokenizer.specialTokens;
  return llamaConfig({
    ...TRAINED_SIZES[size],
    vocabSize: tokenizer.vocabSize,
    numAttentionHeads: 4,
    maxPositionEmbeddings: 512,
    tieWordEmbeddings: true,
    bosTokenId: bos,
    eosTokenId: eos,
  });
}
