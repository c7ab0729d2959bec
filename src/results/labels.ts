/** @file Display names of runs, tasks and metrics, and the order of runs. */

import type { ModelName, Variant } from "./schema";

const VARIANT_NAMES: Record<Variant, string> = {
  base: "base",
  switch: "switch",
  wiki: "wiki",
  merged: "merged",
  "switch-wiki": "switch→wiki",
  "wiki-switch": "wiki→switch",
  "more-pretraining": "more pre-training",
};

/** Name of a run in figures and tables: `wide switch→wiki`. */
export function runLabel(model: ModelName, variant: Variant): string {
  return `${model} ${VARIANT_NAMES[variant]}`;
}

/** Order of a run in every figure: wide before narrow, then the paper's order. */
export function runOrder(model: ModelName, variant: Variant): number {
  return (model === "wide" ? 0 : 10) + Object.keys(VARIANT_NAMES).indexOf(variant);
}

/** Name of a task in figures. Unknown names are kept. */
export function taskLabel(task: string): string {
  return TASK_LABELS[task] ?? task;
}

const TASK_LABELS: Record<string, string> = {
  blimp: "BLiMP",
  blimp_supplement: "BLiMP supplement",
  supplement: "BLiMP supplement",
  ewok: "EWoK",
  comps: "COMPS",
  "comps-like": "COMPS-like",
  zorro: "Zorro",
  entity_tracking: "entity tracking",
  wug_adj: "WUG adjectives",
  wug_past: "WUG past",
  reading: "reading",
  reading_eye_tracking: "eye tracking",
  reading_self_paced: "self-paced reading",
  aoa: "age of acquisition",
  boolq: "BoolQ",
  mnli: "MNLI",
  mrpc: "MRPC",
  multirc: "MultiRC",
  qqp: "QQP",
  rte: "RTE",
  wsc: "WSC",
  glue_mean: "GLUE mean",
};

/** Name of a task or of a source of text in figures. Unknown names are kept. */
export function measureLabel(measure: string): string {
  return SOURCE_LABELS[measure] ?? taskLabel(measure);
}

const SOURCE_LABELS: Record<string, string> = {
  bnc_spoken: "BNC",
  childes: "CHILDES",
  gutenberg: "Gutenberg",
  open_subtitles: "OpenSubtitles",
  simple_wiki: "Simple Wikipedia",
  switchboard: "Switchboard",
};

/** Short name of a task, for use beside a dot. */
export function shortTaskLabel(task: string): string {
  return SHORT_LABELS[task] ?? taskLabel(task);
}

const SHORT_LABELS: Record<string, string> = {
  blimp_supplement: "supplement",
  entity_tracking: "entities",
  wug_adj: "WUG adj",
  reading_eye_tracking: "eye",
  reading_self_paced: "self-paced",
  aoa: "AoA",
};

/** Name of a metric on an axis, with its unit or range. */
export function metricLabel(metric: string): string {
  return METRIC_LABELS[metric] ?? metric;
}

const METRIC_LABELS: Record<string, string> = {
  accuracy: "accuracy (share of items)",
  f1: "F1 (class 1)",
  mcc: "Matthews correlation",
  spearman_rho: "Spearman's ρ",
  pearson_r: "Pearson's r",
  variance_explained_percent: "variance explained (%)",
};
