/** @file Estimates the time and energy of trainings on a named graphics card, from token counts and a known rate. */

import type { Gpu } from "../experiments/gpus";
import { PRETRAINING } from "../experiments/models";
import type { Scale } from "../experiments/scale";
import type { LlamaConfig } from "../model/llama-config";
import type { ModelName } from "../results/schema";
import {
  memoryUse,
  needsRecompute,
  planDisk,
  planMemory,
  type StagePlan,
  type TrainingMemory,
} from "../train/training-cost";

/** One shape with its trainings, pre-training first; a stage shared by several runs is listed once. */
export interface ModelTrainings {
  model: ModelName;
  config: LlamaConfig;
  stagesAt(secondsPerToken: number): StagePlan[];
  /** number of weight folders that pre-training saves by words seen */
  checkpoints: number;
}

export interface GpuStage extends StagePlan {
  model: ModelName;
  kilowattHours: number;
  /** an estimate from what an H100 used */
  memoryBytes: number;
  recompute: boolean;
  /** disk space after the run */
  diskBytes: number;
}

export interface GpuPlan {
  gpu: Gpu;
  stages: GpuStage[];
  hours: number;
  kilowattHours: number;
  memoryBytes: number;
  diskBytes: number;
}

export function planOnGpu(gpu: Gpu, scale: Scale, models: readonly ModelTrainings[]): GpuPlan {
  const stages = models.flatMap(({ model, config, stagesAt, checkpoints }) =>
    stagesAt(1 / gpu.tokensPerSecond[model]).map((stage, i): GpuStage => {
      const { batchSize, sequenceLength } = PRETRAINING[scale];
      const tokens = i === 0 ? batchSize * sequenceLength : stage.tokens / Math.max(1, stage.updates);
      return {
        ...stage,
        model,
        kilowattHours: (stage.hours * gpu.watts) / 1000,
        ...largestPass(gpu, config, tokens),
        diskBytes: planDisk(config, i === 0 ? checkpoints : 0).finished,
      };
    }),
  );
  const sum = (pick: (stage: GpuStage) => number) => stages.reduce((total, stage) => total + pick(stage), 0);
  return {
    gpu,
    stages,
    hours: sum((stage) => stage.hours),
    kilowattHours: sum((stage) => stage.kilowattHours),
    memoryBytes: Math.max(...stages.map((stage) => stage.memoryBytes)),
    diskBytes: sum((stage) => stage.diskBytes),
  };
}

/** The largest pass that fits the card's memory: a whole update, half of it, a quarter, ... */
function largestPass(gpu: Gpu, config: LlamaConfig, tokens: number): { memoryBytes: number; recompute: boolean } {
  // a card with its rate in bf16 is a Hopper, which keeps activations in bf16
  const activations = gpu.precision === "bf16" ? "bf16" : "float32";
  const memory: TrainingMemory = { bytes: gpu.memoryBytes, of: "the GPU", activations };
  let pass = tokens;
  while (needsRecompute(config, pass, memory) && pass > tokens / 8) pass /= 2;
  const recompute = needsRecompute(config, pass, memory);
  return { memoryBytes: memoryUse(planMemory(config, pass, recompute), memory), recompute };
}
