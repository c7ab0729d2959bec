/**
 * @file The paper's own numbers: 14 tasks of 11 models, read from the figures of the authors' poster.
 *
 * `data/paper/figure-values.csv` has each value with its precision and the figure it was read from.
 * `data/paper/figure-tasks.json` has the known facts of each task: number of items, groups, chance level. The paper's
 * figures 3 and 4 are the poster's 4 and 3; this package uses the paper's numbers. Its 140M model is our `wide` shape,
 * its 100M model our `narrow` one.
 */

import * as path from "node:path";
import { z } from "zod";
import { effectiveItems, f1StandardError, varianceExplainedInterval, wilsonInterval } from "../stats/sampling-error";
import { issueText } from "../util/check";
import { readJson } from "../util/jsonl";
import { checkListed } from "../util/manifest";
import { readText } from "../util/text-file";
import type { PublishedScore } from "./beside-paper";
import { REMEDY } from "./read";
import type { Metric, ModelName, RunSummary, TaskScore, Variant } from "./schema";

const taskSchema = z.object({
  task: z.string(),
  family: z.enum(["zero-shot", "fine-tuning"]),
  metric: z.enum(["accuracy", "f1", "variance_explained_percent"]),
  items: z.array(z.number().int().positive()).min(1),
  groups: z.string(),
  positives: z.number().int().positive().nullable(),
  chance: z.number().nullable(),
  majority: z.number().nullable(),
});

/** Known facts of a task besides its scores. */
export type PaperTask = z.infer<typeof taskSchema>;

/** `exact`: a whole number of items; `0.1`: within a tenth of a point; `unreadable`: somewhere between 0 and 0.1. */
export type Precision = "exact" | "0.1" | "unreadable";

export interface PaperValue {
  task: string;
  /** Name on the poster: `llama140M_it_switch_wiki`. */
  model: string;
  /** In our unit: a fraction, or percent of variance explained. */
  value: number;
  precision: Precision;
  source: string;
}

export interface PaperValues {
  tasks: PaperTask[];
  values: PaperValue[];
}

/** From the paper's model names to our model and variant. */
export const PAPER_MODELS: Readonly<Record<string, { model: ModelName; variant: Variant; parameters: number }>> = {
  llama140M_pt: { model: "wide", variant: "base", parameters: 140_231_872 },
  llama140M_it_switch: { model: "wide", variant: "switch", parameters: 140_231_872 },
  llama140M_it_wiki: { model: "wide", variant: "wiki", parameters: 140_231_872 },
  llama140M_it_merged: { model: "wide", variant: "merged", parameters: 140_231_872 },
  llama140M_it_switch_wiki: { model: "wide", variant: "switch-wiki", parameters: 140_231_872 },
  llama140M_it_wiki_switch: { model: "wide", variant: "wiki-switch", parameters: 140_231_872 },
  llama100M_pt: { model: "narrow", variant: "base", parameters: 100_684_288 },
  llama100M_it_merged: { model: "narrow", variant: "merged", parameters: 100_684_288 },
};

/** The baselines of the paper's figures; their values are those of a table of May 2025 that was later withdrawn. */
const BASELINES: Readonly<Record<string, string>> = {
  "bl_gpt2-100M": "GPT-2 (paper's figures)",
  "bl_gptbertmixed-100M": "GPT-BERT mixed (paper's figures)",
  bl_simpo: "SimPO (paper's figures)",
};

/** Read the paper's own scores from data/paper. @throws Error naming the file and the invalid line or field */
export function readPaperValues(root: string): PaperValues {
  const folder = path.join(root, "data", "paper");
  const tasksFile = path.join(folder, "figure-tasks.json");
  checkListed(tasksFile, REMEDY);
  const parsed = z.array(taskSchema).safeParse(readJson(tasksFile));
  if (!parsed.success) {
    throw new Error(`${tasksFile}: ${issueText(parsed.error)}`);
  }
  const file = path.join(folder, "figure-values.csv");
  checkListed(file, REMEDY);
  return { tasks: parsed.data, values: parseValues(readText(file), parsed.data, file) };
}

/** Parse the table. @throws Error naming the first line that is wrong, or a pair that is missing */
export function parseValues(text: string, tasks: readonly PaperTask[], file: string): PaperValue[] {
  const [header, ...lines] = text.trimEnd().split("\n");
  if (header !== "task,model,value,precision,source") {
    throw new Error(`${file}:1: want the columns task,model,value,precision,source, got "${header.slice(0, 80)}"`);
  }
  const models = [...Object.keys(PAPER_MODELS), ...Object.keys(BASELINES)];
  const seen = new Set<string>();
  const values = lines.map((line, i): PaperValue => {
    const fail = (why: string) => new Error(`${file}:${i + 2}: ${why} in "${line.slice(0, 80)}"`);
    const [name, model, printed, precision, source, ...rest] = line.split(",");
    const task = tasks.find((t) => t.task === name);
    const number = Number(printed);
    if (task === undefined) throw fail(`unknown task; one of ${tasks.map((t) => t.task).join(", ")}`);
    if (!models.includes(model)) throw fail(`unknown model; one of ${models.join(", ")}`);
    if (!(number >= 0 && number <= 100) || printed === "") throw fail("want a value from 0 to 100");
    if (source === undefined || rest.length > 0) throw fail("want five cells");
    if (precision !== "exact" && precision !== "0.1" && precision !== "unreadable") {
      throw fail("want the precision exact, 0.1 or unreadable");
    }
    const items = task.items[0];
    const count = Math.round((number / 100) * items);
    if (precision === "exact" && ((count / items) * 100).toFixed(2) !== number.toFixed(2)) {
      throw fail(`an exact value must be a whole number of items out of ${items}`);
    }
    if (precision === "unreadable" && number >= 0.1) throw fail("an unreadable value lies below 0.1");
    if (seen.has(`${name} ${model}`)) throw fail("this task and model occur twice");
    seen.add(`${name} ${model}`);
    const value = precision === "exact" ? count / items : task.metric === PERCENT ? number : number / 100;
    return { task: name, model, value, precision, source };
  });
  for (const { task } of tasks) {
    const missing = models.find((model) => !seen.has(`${task} ${model}`));
    if (missing !== undefined) throw new Error(`${file}: no value of ${missing} on ${task}`);
  }
  return values;
}

const PERCENT: Metric = "variance_explained_percent";

/** The paper's eight models as finished runs, without seed, losses and groups. */
export function paperRuns({ tasks, values }: PaperValues): RunSummary[] {
  return Object.entries(PAPER_MODELS).map(([name, { model, variant, parameters }]) => ({
    runId: `${model}-${variant}`,
    model,
    variant,
    seed: null,
    scale: "paper",
    world: "paper",
    protocol: "2025",
    promptForm: null,
    parameters,
    validationLossNats: [],
    scores: tasks.map((task): TaskScore => {
      const value = printedValue(values, task.task, name);
      return {
        task: task.task,
        family: task.family,
        metric: task.metric,
        value,
        n: task.items.reduce((a, b) => a + b, 0),
        interval: itemInterval(task, value),
        chance: task.chance,
        majority: task.majority,
        groups: [],
        mode: "the authors' poster",
        ties: 0,
      };
    }),
    experiments: [],
    absent: [],
  }));
}

/** The three baselines of the paper's figures. */
export function paperBaselines({ tasks, values }: PaperValues): PublishedScore[] {
  return Object.entries(BASELINES).flatMap(([name, model]) =>
    tasks.map((task): PublishedScore => {
      const value = printedValue(values, task.task, name);
      const { source } = values.find((v) => v.task === task.task && v.model === name) as PaperValue;
      return { model, task: task.task, metric: task.metric, value, interval: itemInterval(task, value), source };
    }),
  );
}

/** 95 % interval over the task's items, computed from the score (src/stats/sampling-error.ts). */
export function itemInterval(task: PaperTask, value: number): [number, number] {
  if (task.metric === PERCENT) {
    const [low, high] = varianceExplainedInterval(value / 100, task.items[0]);
    return [100 * low, 100 * high];
  }
  if (task.metric === "accuracy") return wilsonInterval(value, effectiveItems(task.items));
  if (task.positives === null) throw new Error(`itemInterval: ${task.task} has F1 but no number of positive items`);
  const half = 1.959963984540054 * f1StandardError(value, task.positives);
  return [Math.max(0, value - half), Math.min(1, value + half)];
}

function printedValue(values: readonly PaperValue[], task: string, model: string): number {
  return values.find((v) => v.task === task && v.model === model)?.value ?? Number.NaN;
}
