/** @file Fine-tuning on seven (Super)GLUE tasks: the official pipeline's settings, and what the small scales change. */

import type { Scale } from "./scale";

export interface FineTuneSettings {
  learningRate: number;
  batchSize: number;
  epochs: number;
  /** Tokens; longer pairs are truncated. */
  maxLength: number;
  weightDecay: number;
  /** Fraction of the updates for linear warm-up; then the rate follows a cosine down to `floor` times the peak. */
  warmupShare: number;
  floor: number;
  dropout: number;
  /** Metric that selects the best epoch. */
  selectBy: "accuracy" | "f1";
  /** Maximum number of training and validation rows, taken from the start of a shuffled list; null takes all. */
  maxTrainRows: number | null;
  maxValidRows: number | null;
}

export type FineTuneTaskName = "boolq" | "mnli" | "mrpc" | "multirc" | "qqp" | "rte" | "wsc";

/** In the order in which the official script runs them [pipeline eval_finetuning.sh]. */
export const FINETUNE_TASKS: readonly FineTuneTaskName[] = ["boolq", "multirc", "rte", "wsc", "mrpc", "qqp", "mnli"];

/** AdamW's other settings, the same at every scale. */
export const FINETUNE_OPTIMIZER = {
  beta1: 0.9, //         [pipeline finetune/trainer.py]
  beta2: 0.999, //       [pipeline finetune/trainer.py]
  eps: 1e-8, //          [pipeline finetune/trainer.py]
  decay: "all", //       [pipeline finetune/trainer.py] also for norms and biases
  maxGradNorm: null, //  [pipeline finetune/trainer.py]
} as const;

const PIPELINE: FineTuneSettings = {
  learningRate: 3e-5, //  [pipeline eval_finetuning.sh]
  batchSize: 32, //       [pipeline eval_finetuning.sh]
  epochs: 10, //          [pipeline eval_finetuning.sh]
  maxLength: 512, //      [pipeline eval_finetuning.sh]
  weightDecay: 0.01, //   [pipeline finetune/trainer.py], on every parameter
  warmupShare: 0.06, //   [pipeline finetune/run.py]
  floor: 0.1, //          [pipeline finetune/utils.py]
  dropout: 0.1, //        [pipeline finetune/run.py]
  selectBy: "accuracy",
  maxTrainRows: null,
  maxValidRows: null,
};

const PIPELINE_TASKS: Record<FineTuneTaskName, FineTuneSettings> = {
  boolq: { ...PIPELINE, batchSize: 16 },
  multirc: { ...PIPELINE, batchSize: 16 },
  rte: PIPELINE,
  wsc: { ...PIPELINE, epochs: 30 },
  mrpc: { ...PIPELINE, selectBy: "f1" },
  qqp: { ...PIPELINE, selectBy: "f1" },
  mnli: PIPELINE,
};

/** Small models need a higher learning rate; fewer rows and epochs keep each scale within its time [ours]. */
function reduced(change: Partial<FineTuneSettings>): Record<FineTuneTaskName, FineTuneSettings> {
  const shrink = (settings: FineTuneSettings): FineTuneSettings => ({
    ...settings,
    ...change,
    epochs: Math.min(settings.epochs, change.epochs ?? settings.epochs),
  });
  return Object.fromEntries(
    Object.entries(PIPELINE_TASKS).map(([task, settings]) => [task, shrink(settings)]),
  ) as Record<FineTuneTaskName, FineTuneSettings>;
}

/** The settings of each task at each scale. */
export const FINETUNING: Record<Scale, Record<FineTuneTaskName, FineTuneSettings>> = {
  paper: PIPELINE_TASKS,
  small: reduced({ learningRate: 5e-4, maxLength: 128, epochs: 3, maxTrainRows: 1_000, maxValidRows: 300 }),
  // The same sample for every task, as large as the time allows; MultiRC's texts are long. Validation sets are complete.
  study: {
    ...reduced({ learningRate: 3e-4, maxLength: 256, epochs: 3, maxTrainRows: 2_000, maxValidRows: null }),
    multirc: { ...PIPELINE_TASKS.multirc, learningRate: 3e-4, maxLength: 256, epochs: 3, maxTrainRows: 1_000 },
  },
  "study-paper-shapes": reduced({ maxLength: 256, epochs: 3, maxTrainRows: 2_000, maxValidRows: null }),
  medium: reduced({ learningRate: 3e-4, maxLength: 128, epochs: 3, maxTrainRows: 1_000, maxValidRows: 300 }),
  tiny: reduced({ learningRate: 1e-3, maxLength: 128, epochs: 5, maxTrainRows: 400, maxValidRows: 150 }),
};
