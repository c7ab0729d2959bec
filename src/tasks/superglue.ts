/**
 * @file The seven (Super)GLUE tasks of the BabyLM challenge: two text segments and a class.
 *
 * A text may be empty (QQP has empty questions), as in the pipeline. Wang et al. 2019, https://arxiv.org/abs/1804.07461 and https://arxiv.org/abs/1905.00537. Settings are
 * in `src/experiments/finetuning.ts`, the training loop in `src/train/finetune-classifier.ts`.
 */

import { brief, oneOf } from "../util/check";
import { readJsonl } from "../util/jsonl";
import { asRow, integerField, readBenchmark, textOrEmpty } from "./row";
import type { ClassificationTask } from "./task";

/** Two texts, in the order in which the tokenizer joins them, and their class. */
export interface GlueExample {
  a: string;
  b: string;
  label: number;
}

/** In the order of the pipeline's script. */
export const SUPERGLUE: readonly ClassificationTask[] = [
  glueTaskOf("boolq", "BoolQ", (row) => [textOrEmpty(row, "question"), textOrEmpty(row, "passage")]),
  glueTaskOf("multirc", "MultiRC", (row) => [
    `Question: ${textOrEmpty(row, "question")} Answer: ${textOrEmpty(row, "answer")}`,
    textOrEmpty(row, "paragraph"),
  ]),
  glueTaskOf("rte", "RTE", (row) => [textOrEmpty(row, "sentence1"), textOrEmpty(row, "sentence2")]),
  glueTaskOf("wsc", "WSC", (row) => [
    `Does "${textOrEmpty(row, "span2_text")}" refer to "${textOrEmpty(row, "span1_text")}" in this passage?`,
    textOrEmpty(row, "text"),
  ]),
  glueTaskOf("mrpc", "MRPC", (row) => [textOrEmpty(row, "sentence1"), textOrEmpty(row, "sentence2")]),
  glueTaskOf("qqp", "QQP", (row) => [textOrEmpty(row, "question1"), textOrEmpty(row, "question2")]),
  {
    ...glueTaskOf("mnli", "MNLI", (row) => [textOrEmpty(row, "premise"), textOrEmpty(row, "hypothesis")]),
    numLabels: 3,
    metrics: ["accuracy"],
  },
];

/** A task with two classes. */
function glueTaskOf(name: string, displayName: string, segments: ClassificationTask["segments"]): ClassificationTask {
  return {
    kind: "classification",
    name,
    displayName,
    version: 1,
    officialName: name,
    folder: { full: "glue_filtered", fast: null },
    source: "Wang et al. 2019, https://arxiv.org/abs/1804.07461 and https://arxiv.org/abs/1905.00537",
    numLabels: 2,
    metrics: ["accuracy", "f1", "mcc"],
    segments,
  };
}

/** @throws Error listing the tasks */
export function glueTask(name: string): ClassificationTask {
  const names = SUPERGLUE.map((t) => t.name);
  return SUPERGLUE[names.indexOf(oneOf("fine-tuning task", name, names))];
}

/**
 * Rows of `{task}.train.jsonl` or `{task}.valid.jsonl`.
 *
 * @throws Error `file:line: ...` if a field is missing, a label is not in `0 .. numLabels - 1`, or the file has no rows
 */
export function loadGlue(task: ClassificationTask, file: string): GlueExample[] {
  return readBenchmark(() => {
    const examples = readJsonl(file, (value) => {
      const row = asRow(value);
      const label = integerField(row, "label");
      if (label < 0 || label >= task.numLabels) {
        throw new Error(`"label" is ${brief(label)}; ${task.name} has classes 0 to ${task.numLabels - 1}`);
      }
      const [a, b] = task.segments(row);
      return { a, b, label };
    });
    if (examples.length === 0) throw new Error(`${file}: no rows`);
    return examples;
  });
}
