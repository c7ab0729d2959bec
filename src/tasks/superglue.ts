/**
 * @file The seven (Super)GLUE tasks of the BabyLM: two text segments, a class, and which number selects the epoch.
 *
 * Wang et al. 2019, https://arxiv.org/abs/1804.07461 and https://arxiv.org/abs/1905.00537. Hyper-parameters are those of
 * the pipeline's `eval_finetuning.sh`; the training loop is `src/train/finetune.ts`.
 */

import { readJsonl } from "../util/jsonl";
import { asRow, integerField, type Row, textField, textOrEmpty } from "./row";

export type GlueMetric = "accuracy" | "f1" | "mcc";

export interface GlueTask {
  name: string;
  numLabels: number;
  /** Written to `results.txt` in this order. */
  metrics: readonly GlueMetric[];
  /** The epoch kept is the first with the highest value of this on the validation file. */
  selectBy: GlueMetric;
  batchSize: number;
  epochs: number;
  /** The two texts, in the order in which the tokenizer joins them. */
  segments(row: Row): [a: string, b: string];
}

export interface GlueExample {
  a: string;
  b: string;
  label: number;
}

/** [pipeline eval_finetuning.sh, finetune/run.py] the same for every task unless a task says otherwise. */
export const FINETUNE_DEFAULTS = {
  learningRate: 3e-5,
  batchSize: 32,
  epochs: 10,
  maxLength: 512, //        tokens
  validBatchSize: 64,
  warmupProportion: 0.06,
  minFactor: 0.1, //        the cosine's floor, as a share of the peak
  weightDecay: 0.01, //     on every parameter
  seed: 42,
} as const;

const SHARED = {
  numLabels: 2,
  metrics: ["accuracy", "f1", "mcc"],
  selectBy: "accuracy",
  batchSize: FINETUNE_DEFAULTS.batchSize,
  epochs: FINETUNE_DEFAULTS.epochs,
} as const;

/** In the order in which the pipeline's script runs them. */
export const SUPERGLUE: readonly GlueTask[] = [
  { ...SHARED, name: "boolq", batchSize: 16, segments: (r) => [textField(r, "question"), textOrEmpty(r, "passage")] },
  {
    ...SHARED,
    name: "multirc",
    batchSize: 16,
    segments: (r) => [
      `Question: ${textField(r, "question")} Answer: ${textOrEmpty(r, "answer")}`,
      textOrEmpty(r, "paragraph"),
    ],
  },
  { ...SHARED, name: "rte", segments: (r) => [textField(r, "sentence1"), textOrEmpty(r, "sentence2")] },
  {
    ...SHARED,
    name: "wsc",
    epochs: 30,
    segments: (r) => [
      `Does "${textField(r, "span2_text")}" refer to "${textField(r, "span1_text")}" in this passage?`,
      textOrEmpty(r, "text"),
    ],
  },
  {
    ...SHARED,
    name: "mrpc",
    selectBy: "f1",
    segments: (r) => [textField(r, "sentence1"), textOrEmpty(r, "sentence2")],
  },
  {
    ...SHARED,
    name: "qqp",
    selectBy: "f1",
    segments: (r) => [textField(r, "question1"), textOrEmpty(r, "question2")],
  },
  {
    ...SHARED,
    name: "mnli",
    numLabels: 3,
    metrics: ["accuracy"],
    segments: (r) => [textField(r, "premise"), textOrEmpty(r, "hypothesis")],
  },
];

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
