/**
 * @file Reads published numbers (`data/paper/published-results.json`) and converts them to our metrics and units.
 *
 * Publications give the same score as a fraction, a percentage or a correlation times 100, and under different metrics.
 * Only numbers that are certainly in our metric are converted; all others keep their own metric's name and are not
 * drawn beside ours.
 */

import * as path from "node:path";
import { z } from "zod";
import { issueText } from "../util/check";
import { readJson } from "../util/jsonl";
import { checkListed } from "../util/manifest";
import { REMEDY } from "./read";
import type { Metric } from "./schema";

const rowSchema = z.object({
  model: z.string(),
  family: z.string(),
  task: z.string(),
  metric: z.string(),
  value: z.number(),
  source: z.string(),
  note: z.string().optional(),
});

/** A published number as it was printed. */
export type PublishedRow = z.infer<typeof rowSchema>;

/** A published number in one of our metrics. */
export interface PublishedScore {
  model: string;
  task: string;
  metric: Metric;
  value: number;
  /** 95 % interval over items, if known or computable. */
  interval?: [number, number];
  source: string;
}

/** @throws Error naming the file and the first invalid row */
export function readPublished(root: string): PublishedRow[] {
  const file = path.join(root, "data", "paper", "published-results.json");
  checkListed(file, REMEDY);
  const parsed = z.array(rowSchema).safeParse(readJson(file));
  if (!parsed.success) {
    throw new Error(`${file}: ${issueText(parsed.error)}`);
  }
  return parsed.data;
}

/** From the printed metric to ours, and the divisor. */
const CONVERSIONS: Record<string, { metric: Metric; divisor: number }> = {
  accuracy: { metric: "accuracy", divisor: 100 },
  F1: { metric: "f1", divisor: 100 },
  "spearman rho": { metric: "spearman_rho", divisor: 1 },
  "spearman rho x100": { metric: "spearman_rho", divisor: 100 },
  "pearson r": { metric: "pearson_r", divisor: 1 },
  "correlation x100": { metric: "pearson_r", divisor: 100 },
  "percent of max R2 increase": { metric: "variance_explained_percent", divisor: 1 },
  "partial R2 (fraction)": { metric: "variance_explained_percent", divisor: 0.01 },
};

/** Metric of WUG in the pipeline before it used Spearman's rho; not one of our metrics. */
export const PUBLISHED_ACCURACY_OF_OLD_WUG_LABELS = "accuracy vs old labels (pre 2025-08-02 metric)";

/** The number in our metric, or null if the printed metric is another or uncertain. */
export function inOurMetric(row: PublishedRow): PublishedScore | null {
  const conversion = CONVERSIONS[row.metric];
  if (conversion === undefined) return null;
  const { model, task, source } = row;
  return { model, task, metric: conversion.metric, value: row.value / conversion.divisor, source };
}

/** From the names of the paper's three baselines in the published rows to their names in figures. */
const PAPER_BASELINES: Readonly<Record<string, string>> = {
  "gpt2-small-100m": "GPT-2 (published)",
  "gpt-bert-mixed-100m (mntp backend)": "GPT-BERT mixed (published)",
  "interaction-simpo": "SimPO (published)",
};

/**
 * The paper's baselines, one number per task and metric; the latest source is preferred, since early tables were
 * withdrawn.
 *
 * @param rows - from `readPublished`
 */
export function baselineScores(rows: readonly PublishedRow[]): PublishedScore[] {
  const chosen = new Map<string, PublishedScore>();
  for (const row of rows) {
    const name = PAPER_BASELINES[row.model];
    const score = inOurMetric(row);
    if (name === undefined || score === null) continue;
    const key = JSON.stringify([name, score.task, score.metric]);
    if (!chosen.has(key) || !isWithdrawn(row)) chosen.set(key, { ...score, model: name });
  }
  return [...chosen.values()];
}

/**
 * Whether a row is from the table in the organisers' README of May 2025, which was commented out "until fully ready";
 * its reading scores changed later.
 */
export function isWithdrawn(row: PublishedRow): boolean {
  return row.source.includes("HTML-commented");
}
