/** @file Checks training on a GPU: losses against the CPU's, and speed in tokens per second. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { MODELS } from "../../experiments/models";
import { initialWeights } from "../../model/init";
import { Llama } from "../../model/llama";
import { type LlamaConfig, llamaConfig } from "../../model/llama-config";
import { emptyBatch, place, type TokenBatch } from "../../model/token-batch";
import { lossAndGradients, tf } from "../../tensor";
import { TransferCounts } from "../../tensor/device";
import type { CheckedGpu } from "../../tensor/device/self-check";
import type { Precision } from "../../tensor/fused/precision";
import { startNative } from "../../tensor/native/register";
import { trainStage } from "../../train/loop";
import { LOSS_COLUMNS, type LossRow, readStepTable } from "../../train/loss-table";
import { AdamW } from "../../train/optimizer";
import { STAGE_DEFAULTS, type StageSettings, type TrainingExample } from "../../train/training-stage";
import { messageOf } from "../../util/check";
import { Rng } from "../../util/rng";

export interface Verdict {
  what: string;
  passed: boolean;
  detail: string;
}

/**
 * Compare the first losses in each precision, and move a checkpoint between GPU and CPU. Leaves the GPU's backend
 * active, in its first precision for training.
 */
export async function checkTraining<Piece>(gpu: CheckedGpu<Piece>, isSmall: boolean): Promise<Verdict[]> {
  const backend = gpu.device.name;
  if (tf.findBackend("native") === null) await startNative();
  const { config, B, T } = isSmall ? SPEED_CASES[0] : SPEED_CASES[1];
  const steps = isSmall ? 2 : 5;
  await tf.setBackend("native");
  const want = await firstLosses(config(), B, T, steps);
  const verdicts: Verdict[] = [];
  await tf.setBackend(backend);
  for (const precision of gpu.precisions) {
    gpu.setPrecision(precision, false);
    const got = await firstLosses(config(), B, T, steps);
    const error = Math.max(...got.map((loss, i) => Math.abs(loss - want[i])));
    const detail = `${got.map((x) => x.toFixed(5)).join(" ")}, off the CPU's by at most ${error.toExponential(1)} nats`;
    verdicts.push({
      what: `losses of ${steps} updates in ${precision}`,
      passed: error <= LOSS_LIMITS[precision],
      detail,
    });
  }
  gpu.setPrecision(gpu.precisions.includes("tf32") ? "tf32" : "float32", false);
  verdicts.push(await checkResume(backend));
  await tf.setBackend(backend);
  return verdicts;
}

/** Largest allowed differences of the first losses, in nats. */
const LOSS_LIMITS: Readonly<Record<Precision, number>> = { float32: 2e-4, tf32: 5e-3, bf16: 5e-2 };

async function firstLosses(config: LlamaConfig, B: number, T: number, steps: number): Promise<number[]> {
  const trainer = new Trainer(config, B, T, 0);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await trainer.update());
  trainer.dispose();
  return losses;
}

/** Train a stage partly on the GPU and continue on the CPU; compare with a stage trained on the CPU alone. */
async function checkResume(backend: string): Promise<Verdict> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-gpu-check-"));
  try {
    await tf.setBackend("native");
    const want = await stageLosses(path.join(scratch, "cpu"), null);
    await tf.setBackend(backend);
    await stageLosses(path.join(scratch, "both"), 4);
    await tf.setBackend("native");
    const got = await stageLosses(path.join(scratch, "both"), null);
    const error = Math.max(...got.map((loss, i) => Math.abs(loss - want[i])));
    const passed = got.length === want.length && error < 1e-2;
    return {
      what: "a checkpoint of the GPU continued on the CPU",
      passed,
      detail: `losses off by ${error.toExponential(1)} nats`,
    };
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Losses of every update of a small stage; stops after update `stopAfter`. */
async function stageLosses(runFolder: string, stopAfter: number | null): Promise<number[]> {
  const rng = Rng.fromSeed("gpu-check/stage");
  const train: TrainingExample[] = Array.from({ length: 60 }, (_, i) => {
    const ids = Array.from({ length: 14 }, (_, t) => 4 + ((rng.int(20) + t * (1 + (i % 2))) % 20));
    return { ids, lossFrom: 1, source: "counting", words: ids.length };
  });
  const model = Llama.init(STAGE_CONFIG, Rng.fromSeed("gpu-check/model"));
  const stop = new Error("stopped");
  const onStep = ({ step }: { step: number }) => {
    if (step === stopAfter) throw stop;
  };
  try {
    await trainStage(model, { train, validation: [] }, STAGE, { runFolder, checkpointEverySteps: 2, onStep });
  } catch (error) {
    if (error !== stop) throw error;
  } finally {
    model.dispose();
  }
  const rows = readStepTable<LossRow>(path.join(runFolder, STAGE.name, "losses.csv"), LOSS_COLUMNS);
  return rows.map(({ lossNats }) => lossNats);
}

const STAGE_CONFIG = llamaConfig({
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 64,
});

const STAGE: StageSettings = {
  ...STAGE_DEFAULTS,
  name: "check",
  seed: 7,
  packing: "stream",
  batchSize: 8,
  sequenceLength: 16,
  learningRate: 1e-2,
  schedule: "linear",
  warmupSteps: 4,
  cycles: 1,
  epochs: 1,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: 1,
};

// ------------------------------------------------------------------------------------------------------------- speed

export interface SpeedCase {
  name: string;
  config(): LlamaConfig;
  B: number;
  T: number;
  /** tokens per packed document; 0: each row is one document */
  document: number;
}

/** The first case is for emulators. */
export const SPEED_CASES: readonly SpeedCase[] = [
  { name: "tiny", config: () => yardstick(60, 16, 1, 32), B: 2, T: 16, document: 0 },
  { name: "S", config: () => yardstick(2_048, 128, 4, 512), B: 8, T: 128, document: 0 },
  { name: "M", config: () => yardstick(8_192, 256, 6, 1_024), B: 8, T: 256, document: 0 },
  { name: "llama140M", config: () => llamaConfig(MODELS.paper.wide), B: 1, T: 6_144, document: 0 },
  { name: "llama140M", config: () => llamaConfig(MODELS.paper.wide), B: 8, T: 6_144, document: 0 },
  { name: "llama140M, documents of 768", config: () => llamaConfig(MODELS.paper.wide), B: 8, T: 6_144, document: 768 },
  { name: "llama100M", config: () => llamaConfig(MODELS.paper.narrow), B: 8, T: 6_000, document: 0 },
];

function yardstick(vocabSize: number, hiddenSize: number, numHiddenLayers: number, intermediateSize: number) {
  return llamaConfig({ vocabSize, hiddenSize, numHiddenLayers, numAttentionHeads: 4, intermediateSize });
}

export interface SpeedRow {
  name: string;
  batch: string;
  precision: Precision;
  /** null if it did not run; `detail` gives the reason */
  tokensPerSecond: number | null;
  millisecondsPerUpdate: number | null;
  launches: number;
  uploadedBytes: number;
  downloadedBytes: number;
  peakBytes: number;
  /** time on the GPU by kernel, of one update measured apart from the others; empty if the device does not report it */
  kernels: KernelTime[];
  detail: string;
}

export interface KernelTime {
  kernel: string;
  milliseconds: number;
  launches: number;
}

/** A GPU that may report the time of each kernel: milliseconds and launches since the profile was switched on. */
export interface MeasuredGpu<Piece> extends CheckedGpu<Piece> {
  profile?(on: boolean): Record<string, [milliseconds: number, launches: number]>;
}

/**
 * Median update time over about this many seconds, after two updates that fill caches; updates of the first third are
 * not counted, because V8 is still compiling.
 */
export async function measureSpeed<Piece>(
  gpu: MeasuredGpu<Piece>,
  { name, config, B, T, document }: SpeedCase,
  precision: Precision,
  seconds: number,
): Promise<SpeedRow> {
  const { memory, counts } = gpu.device;
  gpu.setPrecision(precision, false);
  memory.trim();
  memory.peakBytes = memory.usedBytes;
  const row = {
    name,
    batch: `${B} x ${T}`,
    precision,
    launches: 0,
    uploadedBytes: 0,
    downloadedBytes: 0,
    peakBytes: 0,
    kernels: [],
  };
  let trainer: Trainer | null = null;
  try {
    trainer = new Trainer(config(), B, T, document);
    for (let i = 0; i < 2; i++) await trainer.update();
    const start = performance.now();
    while (performance.now() < start + 333 * seconds) await trainer.update();
    const before = Object.assign(new TransferCounts(), counts);
    const times: number[] = [];
    const until = start + 1000 * seconds;
    while (times.length === 0 || performance.now() < until) {
      const from = performance.now();
      await trainer.update();
      times.push(performance.now() - from);
    }
    const used = counts.since(before);
    times.sort((a, b) => a - b);
    gpu.profile?.(true);
    if (gpu.profile !== undefined) await trainer.update();
    const kernels = Object.entries(gpu.profile?.(false) ?? {})
      .map(([kernel, [milliseconds, launches]]) => ({ kernel, milliseconds, launches }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
    const millisecondsPerUpdate = times[times.length >> 1];
    return {
      ...row,
      tokensPerSecond: Math.round((1000 * B * T) / millisecondsPerUpdate),
      millisecondsPerUpdate,
      launches: Math.round(used.launches / times.length),
      uploadedBytes: Math.round(used.uploadedBytes / times.length),
      downloadedBytes: Math.round(used.downloadedBytes / times.length),
      peakBytes: memory.peakBytes,
      kernels,
      detail: `median of ${times.length}`,
    };
  } catch (error) {
    return { ...row, tokensPerSecond: null, millisecondsPerUpdate: null, detail: messageOf(error) };
  } finally {
    trainer?.dispose();
  }
}

/** Random weights; those of the last model are kept, because drawing them takes seconds. */
function valuesFor(config: LlamaConfig): Map<string, Float32Array> {
  const key = JSON.stringify(config);
  if (drawn?.key !== key) drawn = { key, values: initialWeights(config, Rng.fromSeed("gpu-check").fork("weights")) };
  return drawn.values;
}

let drawn: { key: string; values: Map<string, Float32Array> } | null = null;

/** A fresh model on the active backend, one batch of random tokens, and the optimizer. */
class Trainer {
  private readonly llama: Llama;
  private readonly optimizer: AdamW;
  private readonly batch: TokenBatch;
  private readonly labels: Int32Array;

  constructor(config: LlamaConfig, B: number, T: number, document: number) {
    const rng = Rng.fromSeed("gpu-check");
    this.llama = Llama.fromValues(config, valuesFor(config));
    const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01 };
    this.optimizer = new AdamW(this.llama.weights, { ...settings, decay: "all", maxGradNorm: null });
    const draw = rng.fork("tokens");
    this.batch = emptyBatch(B, T);
    this.labels = new Int32Array(B * T);
    for (let b = 0; b < B; b++) {
      const ids = Int32Array.from({ length: T + 1 }, () => draw.int(config.vocabSize));
      const length = document === 0 ? T : document;
      for (let from = 0; from < T; from += length) {
        place(this.batch, b, from, ids, { from, to: Math.min(T, from + length) });
      }
      this.labels.set(ids.subarray(1), b * T);
    }
  }

  /** One update as in the training loop: loss and norm are awaited together. @returns nats per token */
  async update(): Promise<number> {
    const { llama, labels } = this;
    const { value, grads } = lossAndGradients(() => llama.loss(this.batch, labels, "sum"), [...llama.weights.values()]);
    const gradients = new Map([...llama.weights].map(([name, variable]) => [name, grads[variable.name]]));
    const update = this.optimizer.update(gradients, 1e-3, 1 / labels.length);
    const [loss] = await Promise.all([value.data(), update]);
    value.dispose();
    return loss[0] / labels.length;
  }

  dispose(): void {
    this.optimizer.dispose();
    this.llama.dispose();
  }
}
