/**
 * @file Types of the files of a finished run, which are small enough to commit: `data/results/<world>/<run id>/`.
 *
 * `config.json` (the resolved configuration), `summary.json` (a `RunSummary`), `losses.csv` (one row per logged
 * update). Figures and notebooks are pure functions of these files.
 */

export type ModelName = "wide" | "narrow";
export type Variant = "base" | "switch" | "wiki" | "merged" | "switch-wiki" | "wiki-switch" | "more-pretraining";
export type TaskFamily = "zero-shot" | "fine-tuning";

/** The metric of a number. Numbers of different metrics never share an axis. */
export type Metric =
  | "accuracy" //                   fraction in [0, 1]
  | "f1" //                         fraction in [0, 1], class 1
  | "mcc" //                        Matthews correlation in [-1, 1]
  | "spearman_rho" //               in [-1, 1]
  | "pearson_r" //                  in [-1, 1]
  | "variance_explained_percent"; // percent of the baseline's remaining variance

export interface GroupScore {
  name: string;
  value: number;
  n: number;
}

/** One task's score of one model. */
export interface TaskScore {
  task: string;
  family: TaskFamily;
  metric: Metric;
  value: number;
  /** Number of items. */
  n: number;
  /** 95 % bootstrap interval over items; null if items are not independent. */
  interval: [number, number] | null;
  /** Score of random guessing; null if the metric has no such level. */
  chance: number | null;
  /** Score of always answering the majority class; null outside classification. */
  majority: number | null;
  /** The parts that the value averages, for example BLiMP's paradigms. */
  groups: GroupScore[];
  /** `official`, or the enabled corrections by name. */
  mode: string;
  /** Number of items with exactly equal scores of two candidates. */
  ties: number;
  /** The same predictions under other metrics, for example F1 beside accuracy. */
  alternatives?: Record<string, number>;
}

export interface ValidationLoss {
  /** The stage after which it was measured, for example `pretrain` or `instruct/switch`. */
  stage: string;
  source: string;
  /** Mean cross-entropy per token, nats. */
  lossNats: number;
  tokens: number;
}

export interface AbsentTask {
  task: string;
  why: string;
}

export interface RunSummary {
  runId: string;
  model: ModelName;
  variant: Variant;
  /** Null for the paper's own models, which have no known seed. */
  seed: number | null;
  scale: string;
  world: string;
  /** Version of the official pipeline's rules that the scores follow. */
  protocol: "2025" | "2026";
  /** Content of the wiki prompts in the instruction set; null if not recorded, or if there is no such set. */
  promptForm: "question" | "article" | "article-and-question" | null;
  /** Number of trainable parameters. */
  parameters: number;
  validationLossNats: ValidationLoss[];
  scores: TaskScore[];
  /** The same tasks under other modes (another pooling, a blank before the word, ...); not part of any average. */
  experiments: TaskScore[];
  absent: AbsentTask[];
  /** Precisions of matrix products in training and fine-tuning; absent: all float32. Scoring is always in float32. */
  precisions?: ("float32" | "tf32" | "bf16")[];
}
