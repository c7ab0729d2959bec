/**
 * @file Reads finished runs and validates them, because a results file may come from an older version or another
 * person.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { issueText, messageOf } from "../util/check";
import { readJson } from "../util/jsonl";
import { checkListed } from "../util/manifest";
import { readText } from "../util/text-file";
import type { RunSummary } from "./schema";

/** What to do if a results file was altered. */
export const REMEDY =
  'put the file back or run "npm run reproduce" again; if it was changed on purpose, "npm run class-it -- checksums"';

/** JSON has no NaN: an undefined score (a correlation with a constant) is stored as null. */
const number = z.union([z.number(), z.null().transform(() => Number.NaN)]);

const taskScore = z.object({
  task: z.string(),
  family: z.enum(["zero-shot", "fine-tuning"]),
  metric: z.enum(["accuracy", "f1", "mcc", "spearman_rho", "pearson_r", "variance_explained_percent"]),
  value: number,
  n: z.number().int().nonnegative(),
  interval: z.tuple([number, number]).nullable(),
  chance: z.number().nullable(),
  majority: z.number().nullable(),
  groups: z.array(z.object({ name: z.string(), value: number, n: z.number() })),
  mode: z.string(),
  ties: z.number(),
  alternatives: z.record(z.string(), number).optional(),
});

const summarySchema = z.object({
  runId: z.string(),
  model: z.enum(["wide", "narrow"]),
  variant: z.enum(["base", "switch", "wiki", "merged", "switch-wiki", "wiki-switch", "more-pretraining"]),
  seed: z.number(),
  scale: z.string(),
  world: z.string(),
  protocol: z.enum(["2025", "2026"]).default("2025"), // summaries from before the field are all of 2025
  promptForm: z.enum(["question", "article", "article-and-question"]).nullable().default(null),
  parameters: z.number().int().positive(),
  validationLossNats: z.array(
    z.object({ stage: z.string(), source: z.string(), lossNats: number, tokens: z.number() }),
  ),
  scores: z.array(taskScore),
  experiments: z.array(taskScore).default([]),
  absent: z.array(z.object({ task: z.string(), why: z.string() })),
  precisions: z.array(z.enum(["float32", "tf32", "bf16"])).optional(),
});

/** @throws Error naming the file and the first invalid field */
function readSummary(file: string): RunSummary {
  checkListed(file, REMEDY);
  const parsed = summarySchema.safeParse(readJson(file));
  if (!parsed.success) {
    throw new Error(`${file}: ${issueText(parsed.error)}; run "npm run reproduce" to write it again`);
  }
  return parsed.data;
}

/** Whether a folder of results has the summary of a run. */
export function hasFinishedRun(folder: string): boolean {
  return fs.readdirSync(folder).some((name) => fs.existsSync(path.join(folder, name, "summary.json")));
}

/**
 * Every run's summary below `folder` (for example `data/results/sample`), in the order of run ids.
 *
 * @throws Error if there are none
 */
export function readSummaries(folder: string): RunSummary[] {
  let names: string[];
  try {
    names = fs.readdirSync(folder).sort();
  } catch (error) {
    throw new Error(`${folder}: ${messageOf(error)}; run "npm run reproduce" first`);
  }
  const runs = names
    .map((name) => path.join(folder, name, "summary.json"))
    .filter((file) => fs.existsSync(file))
    .map(readSummary);
  if (runs.length === 0) throw new Error(`${folder}: has no finished run; run "npm run reproduce" first`);
  return runs;
}

/** One row of `losses.csv`: column name to number, text columns left as text. */
export type LossRow = Record<string, number | string>;

export function readLosses(file: string): LossRow[] {
  checkListed(file, REMEDY);
  const [header, ...lines] = readText(file).trimEnd().split("\n");
  const columns = header.split(",");
  return lines.map((line, i) => {
    const cells = line.split(",");
    if (cells.length !== columns.length) {
      throw new Error(`${file}:${i + 2}: want ${columns.length} cells, got ${cells.length}; was the file cut off?`);
    }
    return Object.fromEntries(
      columns.map((c, k) => [c, cells[k] === "" || Number.isNaN(Number(cells[k])) ? cells[k] : Number(cells[k])]),
    );
  });
}
