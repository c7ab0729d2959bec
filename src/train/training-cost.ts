/** @file Estimates the cost of a training on this machine: measures a few updates and computes the rest. */

import * as os from "node:os";
import { parameterShapes } from "../model/count-parameters";
import { Llama } from "../model/llama";
import type { LlamaConfig } from "../model/llama-config";
import { gpuMemory, tf } from "../tensor";
import { Rng } from "../util/rng";
import { type BatchSettings, microBatches, passTokens, planEpoch, type TrainingExample } from "./batch";
import { yieldToEventLoop } from "./event-loop";
import { accumulateGradients } from "./gradient-accumulation";
import { AdamW } from "./optimizer";
import type { StageSettings } from "./training-stage";

export interface Measurement {
  /** Seconds of forward and backward pass per token. */
  secondsPerToken: number;
  /** Seconds of one AdamW update of all weights. */
  secondsPerUpdate: number;
  /** Peak tensor memory, as counted by the engine. */
  tensorBytes: number;
  /** Peak memory of the whole process, without the GPU's. */
  residentBytes: number;
  /** Peak memory in use on the GPU; null on a CPU. */
  gpuBytes: number | null;
  /** Losses of the first and the last measured update, nats. */
  losses: number[];
}

/**
 * Run `updates` updates of a fresh model on random tokens, each one pass of full-length rows.
 *
 * The first update, which fills caches and buffers, is not timed if there are others.
 */
export async function measureUpdates(
  config: LlamaConfig,
  settings: Pick<StageSettings, "sequenceLength" | "maxMicroBatchTokens" | "batchSize">,
  updates: number,
  recompute: boolean,
  onUpdate: (done: number, lossNats: number) => void = () => {},
): Promise<Measurement> {
  const llama = Llama.init(config, Rng.fromSeed("plan"));
  llama.recompute = recompute;
  const optimizer = new AdamW(llama.weights, {
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    weightDecay: 0,
    decay: "matrices",
    maxGradNorm: 1,
  });
  const T = settings.sequenceLength;
  const rows = passTokens({ ...settings, packing: "stream" }) / T;
  const one: BatchSettings = { packing: "stream", batchSize: rows, sequenceLength: T, maxMicroBatchTokens: rows * T };
  const rng = Rng.fromSeed("plan/tokens");
  const ids = Int32Array.from({ length: rows * T + 1 }, () => rng.int(config.vocabSize));
  const examples: TrainingExample[] = [{ ids, lossFrom: 1, source: "random", words: rows * T }];
  const [plan] = planEpoch(examples, one, rng);
  const [{ batch, labels, lossTokens }] = microBatches(examples, plan, one);
  const passes: number[] = [];
  const steps: number[] = [];
  const losses: number[] = [];
  let tensorBytes = 0;
  for (let update = 0; update < updates; update++) {
    const started = performance.now();
    const { lossSum, gradients } = await accumulateGradients(llama.weights, [
      () => {
        const loss = llama.loss(batch, labels, "sum");
        tensorBytes = Math.max(tensorBytes, tf.memory().numBytes);
        return loss;
      },
    ]);
    losses.push((await lossSum()) / lossTokens);
    tensorBytes = Math.max(tensorBytes, tf.memory().numBytes);
    const passed = performance.now();
    await optimizer.update(gradients, 1e-4, 1 / lossTokens);
    passes.push((passed - started) / 1000);
    steps.push((performance.now() - passed) / 1000);
    onUpdate(update + 1, losses[update]);
    await yieldToEventLoop(); // frees memory, as between the updates of a training
  }
  // in kilobytes on every system; the peak, because that much memory is needed
  const residentBytes = 1024 * process.resourceUsage().maxRSS;
  optimizer.dispose();
  llama.dispose();
  return {
    secondsPerToken: warmMean(passes) / (rows * T),
    secondsPerUpdate: warmMean(steps),
    tensorBytes,
    residentBytes,
    gpuBytes: gpuMemory()?.peak ?? null,
    losses,
  };
}

/** Mean without the first value, if there are others. */
function warmMean(values: readonly number[]): number {
  const warm = values.length > 1 ? values.slice(1) : values;
  return warm.reduce((a, b) => a + b, 0) / warm.length;
}

/** Bytes by use, in float32. */
export interface MemoryPlan {
  weights: number;
  gradients: number;
  /** AdamW's two moments. */
  moments: number;
  /** Activations that the forward pass keeps for the backward pass. */
  activations: number;
  total: number;
}

/**
 * Counted memory of training: 16 bytes per parameter, and per token and layer the kept activations: inputs of
 * attention, feed-forward and norms; queries, keys and values (before and after the rotation); the attention output;
 * and three times the feed-forward width. With recomputation: the activations of one layer, and each layer's input.
 *
 * @param tokens - positions of one pass
 */
export function planMemory(config: LlamaConfig, tokens: number, recompute: boolean): MemoryPlan {
  const parameters = [...parameterShapes(config).values()].reduce((sum, s) => sum + s.reduce((a, b) => a * b, 1), 0);
  const { hiddenSize: C, intermediateSize: F, numHiddenLayers: L, headDim: D } = config;
  const H = config.numAttentionHeads * D;
  const K = config.numKeyValueHeads * D;
  const layer = 4 * C + 3 * H + 3 * K + 3 * F;
  const perToken = recompute ? L * C + layer : L * layer;
  const activations = 4 * tokens * (perToken + 3 * C);
  const weights = 4 * parameters;
  return { weights, gradients: weights, moments: 2 * weights, activations, total: 4 * weights + activations };
}

/**
 * Used over counted memory. The process takes more than is counted (gradients of a layer, pooled buffers).
 *
 * - On a CPU an assumption: for llama140M at 1,024 and 2,048 tokens 3.0 and 3.8 GB are counted, and 3.0 and 4.3 GB were used.
 * - On a GPU fitted to llama140M at 6,144 and 49,152 tokens on an H100: 6.9 and 39.2 GB are counted; 8.8 and 50.5 GB
 *   were used with activations in float32 (8.7 and 42.0 since), 5.8 and 24.6 GB with activations in bf16.
 */
const USED = {
  cpu: { weights: 1 / 0.7, activations: { float32: 1 / 0.7, bf16: 1 / 0.7 } },
  gpu: { weights: 1.27, activations: { float32: 1.29, bf16: 0.62 } },
} as const;

/** Share of a GPU's memory that a training may use: the driver, and free pieces of the wrong size, take the rest. */
const GPU_SHARE = 0.9;

/** Memory that holds the tensors of a training, and whose it is. */
export interface TrainingMemory {
  bytes: number;
  of: "the GPU" | "this machine";
  /** precision in which activations are kept */
  activations: "float32" | "bf16";
}

/**
 * What this process has or can get of the memory of the GPU that computes; the machine's memory on a CPU, or if the GPU
 * does not report its own.
 */
export function trainingMemory(): TrainingMemory {
  const gpu = gpuMemory();
  if (gpu === null || gpu.room === null) return machineMemory();
  return { bytes: gpu.room.available, of: "the GPU", activations: gpu.activations };
}

/** All memory of this machine, for a training on its CPU. */
export function machineMemory(): TrainingMemory {
  return { bytes: os.totalmem(), of: "this machine", activations: "float32" };
}

/** Bytes that a training will use of a memory, estimated from its counted sizes. */
export function memoryUse(plan: MemoryPlan, memory: Pick<TrainingMemory, "of" | "activations">): number {
  const used = USED[memory.of === "the GPU" ? "gpu" : "cpu"];
  return used.weights * (plan.total - plan.activations) + used.activations[memory.activations] * plan.activations;
}

/** Bytes of a memory that a training may use. */
export function usableBytes({ bytes, of }: TrainingMemory): number {
  return of === "the GPU" ? GPU_SHARE * bytes : bytes;
}

/**
 * Whether a training fits the memory only if activations are recomputed in the backward pass (`Llama.recompute`), which
 * takes time but changes no number.
 *
 * @param tokens - positions of one pass
 */
export function needsRecompute(config: LlamaConfig, tokens: number, memory = trainingMemory()): boolean {
  return memoryUse(planMemory(config, tokens, false), memory) > usableBytes(memory);
}

/**
 * Floating-point operations per training token: 6 per parameter of a matrix product, and attention over half the row on
 * average.
 */
export function flopsPerToken(config: LlamaConfig, sequenceLength: number): number {
  let multiplying = 0;
  for (const [name, shape] of parameterShapes(config)) {
    const looksUp = name === "model.embed_tokens.weight" && !config.tieWordEmbeddings;
    if (shape.length === 2 && !looksUp) multiplying += shape[0] * shape[1];
  }
  const attention = 2 * config.numHiddenLayers * config.numAttentionHeads * config.headDim * (sequenceLength / 2);
  return 6 * (multiplying + attention);
}

export interface StagePlan {
  stage: string;
  updates: number;
  tokens: number;
  hours: number;
}

/** Time of a stage, computed from the measurements. @param tokensPerEpoch - training tokens */
export function planStage(
  stage: string,
  tokensPerEpoch: number,
  updatesPerEpoch: number,
  epochs: number,
  measured: Pick<Measurement, "secondsPerToken" | "secondsPerUpdate">,
): StagePlan {
  const tokens = tokensPerEpoch * epochs;
  const updates = updatesPerEpoch * epochs;
  const seconds = tokens * measured.secondsPerToken + updates * measured.secondsPerUpdate;
  return { stage, updates, tokens, hours: seconds / 3600 };
}

/**
 * Disk space of a run: two checkpoints (weights and moments) while it runs; then final, best, and one folder per word
 * checkpoint.
 */
export function planDisk(config: LlamaConfig, wordCheckpoints: number): { running: number; finished: number } {
  const weights = planMemory(config, 0, false).weights;
  return { running: 2 * 3 * weights + (1 + wordCheckpoints) * weights, finished: (2 + wordCheckpoints) * weights };
}
