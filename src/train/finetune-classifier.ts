/**
 * @file Fine-tuning a classifier as the BabyLM 2025 pipeline does (`finetune/trainer.py`): AdamW on every parameter,
 * linear warm-up and a cosine down to a floor, no clipping, the last partial batch of an epoch dropped, the best epoch
 * by one metric kept.
 *
 * Rows are token ids already; the tasks (texts, labels, metrics) belong to `tasks/` and `eval/`. Shuffling, dropout and
 * the fresh head draw from our own named streams, so single numbers agree with PyTorch's in distribution only.
 */

import { requireFinite } from "../model/finite";
import type { Llama } from "../model/llama";
import { requireNoDropout } from "../model/llama-config";
import { type Pooling, SequenceClassifier } from "../model/sequence-classifier";
import { tf } from "../tensor";
import type { Rng } from "../util/rng";
import { yieldToEventLoop } from "./event-loop";
import { accumulateGradients } from "./gradient-accumulation";
import { AdamW, type AdamWSettings } from "./optimizer";
import { learningRateFactor } from "./schedule";

export interface ClassifierRow {
  /** Tokens, truncated to the task's length. */
  ids: ArrayLike<number>;
  /** Class, from 0. */
  label: number;
}

/** How one classifier is trained; the settings of the tasks are in `experiments/finetuning.ts`. */
export interface ClassifierSettings {
  learningRate: number;
  batchSize: number;
  epochs: number;
  weightDecay: number;
  /** AdamW's other settings. */
  optimizer: Omit<AdamWSettings, "weightDecay">;
  /** Share of all updates over which the rate rises from 0. */
  warmupShare: number;
  /** Share of the peak rate at the end. */
  floor: number;
  dropout: number;
  numLabels: number;
  pooling: Pooling;
  /** Metrics of predicted against gold classes, by name; higher is better. */
  metrics: (predicted: number[], gold: number[]) => Record<string, number>;
  /** The metric whose first best epoch is kept. */
  selectBy: string;
  /** Tokens in one pass; bounds memory. Default 8192. */
  maxMicroBatchTokens?: number;
}

export interface FineTuneEpoch {
  /** Mean training loss, nats. */
  trainLoss: number;
  /** On the validation rows. */
  metrics: Record<string, number>;
}

export interface FineTuneResult {
  /** Classes of the validation rows by the best epoch's weights. */
  predictions: number[];
  epochs: FineTuneEpoch[];
  /** Index into `epochs`. */
  bestEpoch: number;
  /** The best epoch's metrics. */
  metrics: Record<string, number>;
}

export interface FineTuneOptions {
  onEpoch?: (epoch: number, result: FineTuneEpoch) => void;
  /** Updates done of all. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Fine-tune a copy of `model`; the given one is left as it is.
 *
 * @throws Error if there are fewer training rows than a batch, a label is out of range, a row is empty, or the loss is
 *   not finite
 */
export async function fineTune(
  model: Llama,
  data: { train: readonly ClassifierRow[]; valid: readonly ClassifierRow[] },
  settings: ClassifierSettings,
  rng: Rng,
  options: FineTuneOptions = {},
): Promise<FineTuneResult> {
  checkRows(data, settings);
  requireNoDropout(model.config, "fineTune");
  const llama = model.clone();
  const classifier = SequenceClassifier.init(llama, settings.numLabels, settings.pooling, rng.fork("head"));
  const trainer = new ClassifierTrainer(classifier, settings, Math.floor(data.train.length / settings.batchSize));
  try {
    const epochs: FineTuneEpoch[] = [];
    const gold = data.valid.map((row) => row.label);
    let bestEpoch = -1;
    let best = Number.NEGATIVE_INFINITY;
    let predictions: number[] = [];
    for (let epoch = 0; epoch < settings.epochs; epoch++) {
      const order = rng.fork(`shuffle/epoch-${epoch}`).shuffled(data.train);
      const dropout = rng.fork(`dropout/epoch-${epoch}`);
      let lossSum = 0;
      let batches = 0;
      for (let first = 0; first + settings.batchSize <= order.length; first += settings.batchSize) {
        lossSum += await trainer.update(order.slice(first, first + settings.batchSize), dropout);
        batches++;
        options.onProgress?.(trainer.step, trainer.totalSteps);
      }
      const predicted = await predictClasses(classifier, data.valid, settings.maxMicroBatchTokens);
      const result = { trainLoss: lossSum / batches, metrics: settings.metrics(predicted, gold) };
      const chosen = result.metrics[settings.selectBy];
      if (chosen === undefined) {
        throw new Error(
          `fineTune: selectBy is "${settings.selectBy}"; the metrics are ${Object.keys(result.metrics).join(", ")}`,
        );
      }
      if (bestEpoch < 0 || chosen > best) {
        bestEpoch = epoch; // [pipeline] strictly better; the first epoch always
        best = chosen;
        predictions = predicted;
      }
      epochs.push(result);
      options.onEpoch?.(epoch, result);
    }
    return { predictions, epochs, bestEpoch, metrics: epochs[bestEpoch].metrics };
  } finally {
    trainer.dispose();
    classifier.dispose();
    llama.dispose();
  }
}

/** The updates of a classifier; `fineTune` without the epochs. Owns the optimizer's state only. */
export class ClassifierTrainer {
  readonly totalSteps: number;
  private readonly classifier: SequenceClassifier;
  private readonly settings: ClassifierSettings;
  private readonly weights: Map<string, tf.Variable>;
  private readonly optimizer: AdamW;
  /** Norm of the gradients of the last update. */
  lastGradNorm = 0;

  constructor(classifier: SequenceClassifier, settings: ClassifierSettings, stepsPerEpoch: number) {
    this.classifier = classifier;
    this.settings = settings;
    this.totalSteps = stepsPerEpoch * settings.epochs;
    this.weights = classifier.trainable();
    this.optimizer = new AdamW(this.weights, { ...settings.optimizer, weightDecay: settings.weightDecay });
  }

  /** Updates made so far. */
  get step(): number {
    return this.optimizer.step;
  }

  /** One update on a batch. @returns its mean loss before the update, nats */
  async update(rows: readonly ClassifierRow[], dropout: Rng): Promise<number> {
    const { learningRate, warmupShare, floor } = this.settings;
    const warmupSteps = Math.floor(warmupShare * this.totalSteps);
    const schedule = { schedule: "cosine-with-floor", warmupSteps, floor, cycles: 1 } as const;
    const rate = learningRate * learningRateFactor(schedule, this.step, this.totalSteps);
    const passes = function* (this: ClassifierTrainer) {
      for (const part of inParts(rows, this.settings.maxMicroBatchTokens, this.classifier.pooling)) {
        const keep = this.dropoutMask(part.length, dropout);
        yield () =>
          this.classifier.lossSum(
            part.map((row) => row.ids),
            part.map((row) => row.label),
            keep,
          );
      }
    };
    const { lossSum, gradients } = await accumulateGradients(this.weights, passes.call(this));
    if (!Number.isFinite(lossSum)) {
      tf.dispose([...gradients.values()]);
      throw new Error(`fineTune: the loss of update ${this.step + 1} is ${lossSum}; lower learningRate (now ${rate})`);
    }
    this.lastGradNorm = await this.optimizer.update(gradients, rate, 1 / rows.length);
    return lossSum / rows.length;
  }

  dispose(): void {
    this.optimizer.dispose();
  }

  private dropoutMask(rows: number, rng: Rng): Float32Array | null {
    const p = this.settings.dropout;
    if (p === 0) return null;
    const size = rows * this.classifier.llama.config.hiddenSize;
    return Float32Array.from({ length: size }, () => (rng.chance(p) ? 0 : 1 / (1 - p)));
  }
}

/** The class with the largest score, the first of equals. @throws Error if a score is no finite number */
export async function predictClasses(
  classifier: SequenceClassifier,
  rows: readonly ClassifierRow[],
  maxMicroBatchTokens?: number,
): Promise<number[]> {
  const byLength = rows.map((_, i) => i).sort((a, b) => rows[a].ids.length - rows[b].ids.length || a - b);
  const classes = new Array<number>(rows.length);
  for (const part of inParts(
    byLength.map((i) => ({ ...rows[i], i })),
    maxMicroBatchTokens,
    classifier.pooling,
  )) {
    const logits = classifier.logits(part.map((row) => row.ids));
    const scores = await logits.data();
    logits.dispose();
    requireFinite(scores, "class scores");
    await yieldToEventLoop();
    for (const [n, { i }] of part.entries()) {
      const own = scores.subarray(n * classifier.numLabels, (n + 1) * classifier.numLabels);
      let best = 0;
      for (let c = 1; c < own.length; c++) if (own[c] > own[best]) best = c;
      classes[i] = best;
    }
  }
  return classes;
}

/** Consecutive rows of at most `tokens` tokens together, at least one each; first-token pooling reads one token per row. */
function inParts<Row extends ClassifierRow>(rows: readonly Row[], tokens = 8192, pooling: Pooling): Row[][] {
  const parts: Row[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = pooling === "first" ? 1 : row.ids.length;
    if (used + size > tokens) {
      parts.push([]);
      used = 0;
    }
    parts[parts.length - 1].push(row);
    used += size;
  }
  return parts;
}

function checkRows(
  { train, valid }: { train: readonly ClassifierRow[]; valid: readonly ClassifierRow[] },
  { batchSize, numLabels }: ClassifierSettings,
): void {
  if (train.length < batchSize) {
    throw new Error(`fineTune: ${train.length} training rows are fewer than one batch of ${batchSize}`);
  }
  if (valid.length === 0) throw new Error("fineTune: there are no validation rows to choose the best epoch by");
  for (const [what, rows] of [
    ["training", train],
    ["validation", valid],
  ] as const) {
    for (const [i, { ids, label }] of rows.entries()) {
      if (ids.length === 0) throw new Error(`fineTune: ${what} row ${i} has no tokens`);
      if (!(Number.isInteger(label) && label >= 0 && label < numLabels)) {
        throw new Error(`fineTune: ${what} row ${i} has class ${label}, want 0 to ${numLabels - 1}`);
      }
    }
  }
}
