/**
 * @file The seven (Super)GLUE tasks of the BabyLM: two text segments and a class.
 *
 * Wang et al. 2019, https://arxiv.org/abs/1804.07461 and https://arxiv.org/abs/1905.00537. Settings
 * are in `src/experiments/finetune.ts`, the training loop in `src/train/finetune.ts`.
 */

import { oneOf } from "../util/check";
import { readJsonl } from "../util/jsonl";
import { asRow, integerField, type Row, textField, textOrEmpty } from "./row";

export type GlueMetric = "accuracy" | "f1" | "mcc";

export interface GlueTask {
  name: string;
  numLabels: number;
  /** Written to `results.txt` in this order. */
  metrics: readonly GlueMetric[];
  /** The two texts, in the order in which the tokenizer joins them. */
  segments(row: Row): [a: string, b: string];
}

export interface GlueExample {
  a: string;
  b: string;
  label: number;
}

const BINARY = { numLabels: 2, metrics: ["accuracy", "f1", "mcc"] } as const;

/** In the order in which the pipeline's script runs them. */
export const SUPERGLUE: readonly GlueTask[] = [
  { ...BINARY, name: "boolq", segments: (r) => [textField(r, "question"), textOrEmpty(r, "passage")] },
  {
    ...BINARY,
    name: "multirc",
    segments: (r) => [
      `Question: ${textField(r, "question")} Answer: ${textOrEmpty(r, "answer")}`,
      textOrEmpty(r, "paragraph"),
    ],
  },
  { ...BINARY, name: "rte", segments: (r) => [textField(r, "sentence1"), textOrEmpty(r, "sentence2")] },
  {
    ...BINARY,
    name: "wsc",
    segments: (r) => [
      `Does "${textField(r, "span2_text")}" refer to "${textField(r, "span1_text")}" in this passage?`,
      textOrEmpty(r, "text"),
    ],
  },
  {
    ...BINARY,
    name: "mrpc",
    segments: (r) => [textField(r, "sentence1"), textOrEmpty(r, "sentence2")],
  },
  {
    ...BINARY,
    name: "qqp",
    segments: (r) => [textField(r, "question1"), textOrEmpty(r, "question2")],
  },
  {
    ...BINARY,
    name: "mnli",
    numLabels: 3,
    metrics: ["accuracy"],
    segments: (r) => [textField(r, "premise"), textOrEmpty(r, "hypothesis")],
  },
];

/** @throws Error listing the tasks */
export function glueTask(name: string): GlueTask {
  const names = SUPERGLUE.map((t) => t.name);
  return SUPERGLUE[names.indexOf(oneOf("fine-tuning task", name, names))];
}

/**
 * Rows of `{task}.train.jsonl` or `{task}.valid.jsonl`.
 *
 * @throws Error `file:line: ...` if a field is missing, a label is not in `0 .. numLabels - 1`, or the file has no rows
 */
export function loadGlue(task: GlueTask, file: string): GlueExample[] {
  const examples = readJsonl(file, (value) => {
    const row = asRow(value);
    const label = integerField(row, "label");
    if (label < 0 || label >= task.numLabels) {
      throw new Error(`"label" is ${label}; ${task.name} has classes 0 to ${task.numLabels - 1}`);
    }
    const [a, b] = task.segments(row);
    return { a, b, label };
  });
  if (examples.length === 0) throw new Error(`${file}: no rows`);
  return examples;
}
