/**
 * @file Fine-tuning a classifier as the BabyLM 2025 pipeline does (`finetune/trainer.py`): AdamW on every parameter,
 * linear warm-up and a cosine down to a floor, no gradient clipping, the last partial batch of an epoch dropped, the
 * best epoch by one metric kept.
 *
 * Rows are token ids; the tasks (texts, labels, metrics) are in `tasks/` and `eval/`. Shuffling, dropout and the new
 * head use our own random streams, so results agree with PyTorch's in distribution only.
 */

import { requireFinite } from "../model/finite";
import type { Llama } from "../model/llama";
import { requireNoDropout } from "../model/llama-config";
import { type Pooling, SequenceClassifier } from "../model/sequence-classifier";
import type { tf } from "../tensor";
import type { Rng } from "../util/rng";
import { yieldToEventLoop } from "./event-loop";
import { accumulateGradients } from "./gradient-accumulation";
import { AdamW, type AdamWSettings } from "./optimizer";
import { learningRateFactor } from "./schedule";

export interface ClassifierRow {
  /** Tokens, truncated to the task's length. */
  ids: ArrayLike<number>;
  /** Class, counted from 0. */
  label: number;
}

/** Settings of one classifier's training; the values per task are in `experiments/finetuning.ts`. */
export interface ClassifierSettings {
  learningRate: number;
  batchSize: number;
  epochs: number;
  weightDecay: number;
  /** AdamW's other settings. */
  optimizer: Omit<AdamWSettings, "weightDecay">;
  /** Fraction of all updates with linear warm-up. */
  warmupShare: number;
  /** Final learning rate as a fraction of the peak. */
  floor: number;
  dropout: number;
  numLabels: number;
  pooling: Pooling;
  /** Metrics of predicted against gold classes, by name; higher is better. */
  metrics: (predicted: number[], gold: number[]) => Record<string, number>;
  /** The metric that selects the best epoch; the first of equal epochs is kept. */
  selectBy: string;
  /** Maximum tokens in one pass, to limit memory. Default 8192. */
  maxMicroBatchTokens?: number;
}

export interface FineTuneEpoch {
  /** Mean training loss, nats. */
  trainLoss: number;
  /** Metrics on the validation rows. */
  metrics: Record<string, number>;
}

export interface FineTuneResult {
  /** Predicted classes of the validation rows with the best epoch's weights. */
  predictions: number[];
  epochs: FineTuneEpoch[];
  /** Index into `epochs`. */
  bestEpoch: number;
  /** The best epoch's metrics. */
  metrics: Record<string, number>;
}

export interface FineTuneOptions {
  onEpoch?: (epoch: number, result: FineTuneEpoch) => void;
  /** Called with the number of finished updates and the total. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Fine-tune a copy of `model`; the original is not changed.
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
        bestEpoch = epoch; // [pipeline] strictly better; the first epoch always counts
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

/** Runs the updates of a classifier; `fineTune` adds the epochs. Owns only the optimizer's state. */
export class ClassifierTrainer {
  readonly totalSteps: number;
  private readonly classifier: SequenceClassifier;
  private readonly settings: ClassifierSettings;
  private readonly weights: Map<string, tf.Variable>;
  private readonly optimizer: AdamW;
  /** Gradient norm of the last update. */
  lastGradNorm = 0;

  constructor(classifier: SequenceClassifier, settings: ClassifierSettings, stepsPerEpoch: number) {
    this.classifier = classifier;
    this.settings = settings;
    this.totalSteps = stepsPerEpoch * settings.epochs;
    this.weights = classifier.trainable();
    this.optimizer = new AdamW(this.weights, { ...settings.optimizer, weightDecay: settings.weightDecay });
  }

  /** Number of updates so far. */
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
    const number = this.step + 1;
    // both are started before either is awaited
    const update = this.optimizer.update(gradients, rate, 1 / rows.length);
    const [loss, norm] = await Promise.allSettled([lossSum(), update]);
    if (loss.status === "rejected") throw loss.reason;
    if (!Number.isFinite(loss.value)) {
      throw new Error(`fineTune: the loss of update ${number} is ${loss.value}; lower learningRate (now ${rate})`);
    }
    if (norm.status === "rejected") throw norm.reason;
    this.lastGradNorm = norm.value;
    return loss.value / rows.length;
  }

  dispose(): void {
    this.optimizer.dispose();
  }

  private dropoutMask(rows: number, rng: Rng): Float32Array | null {
    const p = this.settings.dropout;
    if (p === 0) return null;
    const size = rows * this.classifier.llama.config.hiddenSize;
    return new Float32Array(size).map(() => (rng.chance(p) ? 0 : 1 / (1 - p)));
  }
}

/** The class with the largest score; the first of equal ones. @throws Error if a score is not a finite number */
async function predictClasses(
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

/**
 * Split rows into consecutive parts of at most `tokens` tokens, at least one row each; first-token pooling reads one
 * token per row.
 */
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
  if (valid.length === 0) throw new Error("fineTune: there are no validation rows, which select the best epoch");
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
