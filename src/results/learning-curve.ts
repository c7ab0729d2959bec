/**
 * @file `learning-curve.csv` of a base model's results: scores and held-out losses over the words seen in training; and the
 * size of the held-out text, so that losses of models with different tokenizers can be compared.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { issueText } from "../util/check";
import { readJson } from "../util/jsonl";
import { checkListed } from "../util/manifest";
import { projectRoot } from "../util/project-root";
import { type LossRow, REMEDY, readLosses } from "./read";
import type { Metric } from "./schema";

export const CURVE_FILE = "learning-curve.csv";
export const CURVE_COLUMNS = ["words", "measure", "metric", "value", "low", "high", "n"] as const;

export interface CurveRow {
  /** Words seen in training, including repetitions. */
  words: number;
  /** A task, or a source of held-out text. */
  measure: string;
  metric: Metric | "loss_nats";
  /** A share or a correlation; of losses the mean over tokens of the model's own tokenizer, nats. */
  value: number;
  /** Lower end of the 95 % interval over items; null for losses. */
  low: number | null;
  high: number | null;
  /** Number of items, or of tokens with loss. */
  n: number;
}

/**
 * The learning curve of a run in the order of words; empty if the scale has none.
 *
 * @param world - folder of `data/results`
 * @throws Error naming the file and line if the table is malformed
 */
export function learningCurveOf(world: string, runId: string, root = projectRoot()): CurveRow[] {
  const file = path.join(root, "data", "results", world, runId, CURVE_FILE);
  if (!fs.existsSync(file)) return [];
  checkListed(file, REMEDY);
  return readLosses(file).map((row, i) => curveRow(row, `${file}:${i + 2}`));
}

const splitSchema = z.object({
  split: z.array(z.object({ source: z.string(), side: z.enum(["train", "validation"]), words: z.number().positive() })),
});

/**
 * Words of the held-out text of each source.
 *
 * @param world - folder of `data/results`
 * @throws Error if the world's `data-report.json` is missing or malformed
 */
export function heldOutWords(world: string, root = projectRoot()): Map<string, number> {
  const file = path.join(root, "data", "results", world, "data-report.json");
  checkListed(file, REMEDY);
  const report = splitSchema.safeParse(readJson(file));
  if (!report.success)
    throw new Error(`${file}: ${issueText(report.error)}; run "npm run reproduce" to write it again`);
  const held = report.data.split.filter(({ side }) => side === "validation");
  return new Map(held.map(({ source, words }) => [source, words]));
}

function curveRow(row: LossRow, where: string): CurveRow {
  const { words, measure, metric, value, low, high, n } = row;
  if (typeof words !== "number" || typeof value !== "number" || typeof n !== "number")
    throw new Error(`${where}: want numbers for words, value and n; run "npm run reproduce" to write it again`);
  const bound = (cell: string | number) => (typeof cell === "number" ? cell : null);
  return {
    words,
    measure: String(measure),
    metric: metric as CurveRow["metric"],
    value,
    low: bound(low),
    high: bound(high),
    n,
  };
}
