/**
 * @file SuperGLUE as its authors publish it (`BoolQ/train.jsonl`, `MultiRC/val.jsonl`, ...) to the rows of the BabyLM
 * pipeline's `glue_filtered`: MultiRC with one row per answer, classes as numbers.
 *
 * The organisers keep half of each validation set. If their file is already in the data folder, it is kept, and the
 * conversion is checked against it: all its rows must occur in the converted rows.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { brief } from "../../util/check";
import { thousands } from "../../util/format";
import { readJsonl } from "../../util/jsonl";
import type { Conversion, Converted, GivenFile } from "./conversion";

type Row = Record<string, unknown>;

const ENTAILMENT: readonly unknown[] = ["entailment", "not_entailment"];

/** Per task, the rows that one raw row gives. */
const TASKS: Readonly<Record<string, (raw: Row) => Row[]>> = {
  BoolQ: (raw) => [
    { question: text(raw, "question"), passage: text(raw, "passage"), idx: raw.idx, label: flag(raw, "label") },
  ],
  MultiRC: (raw) => {
    const passage = part(raw, "passage");
    return list(passage, "questions").flatMap((question) =>
      list(question, "answers").map((answer) => ({
        paragraph: text(passage, "text"),
        question: text(question, "question"),
        answer: text(answer, "text"),
        idx: { paragraph: raw.idx, question: question.idx, answer: answer.idx },
        label: flag(answer, "label"),
      })),
    );
  },
  RTE: (raw) => [
    {
      sentence1: text(raw, "premise"),
      sentence2: text(raw, "hypothesis"),
      label: ENTAILMENT.indexOf(want(raw, "label", ENTAILMENT.join(" or "), ENTAILMENT.includes(raw.label))),
      idx: raw.idx,
    },
  ],
  WSC: (raw) => {
    const { span1_index, span2_index, span1_text, span2_text } = part(raw, "target");
    const spans = { span1_index, span2_index, span1_text, span2_text };
    return [{ text: text(raw, "text"), ...spans, idx: raw.idx, label: flag(raw, "label") }];
  },
};

export const convertSuperglue: Conversion = (given, to, root) => {
  const notes: string[] = [];
  const files: Converted["files"] = [];
  for (const name of Object.keys(TASKS)) {
    const raw = { train: rowsOf(given, name, "train"), valid: rowsOf(given, name, "val") };
    const target = (split: string) => path.posix.join(to, `${name.toLowerCase()}.${split}.jsonl`);
    const add = (split: string, rows: readonly Row[], what: string, standIn?: string) => {
      files.push({ path: target(split), lines: rows.map((row) => JSON.stringify(row)), ...(standIn && { standIn }) });
      notes.push(`${target(split)}: ${thousands(rows.length)} rows, ${what}`);
    };
    if (raw.train !== null) add("train", raw.train, `all of SuperGLUE's ${name} training set`);
    if (raw.valid === null) continue;
    const official = path.join(root, target("valid"));
    if (!fs.existsSync(official)) {
      add("valid", raw.valid, `all of SuperGLUE's ${name} validation set; the official file has half of them`);
      continue;
    }
    const { among, others } = compare(raw.valid, official, name);
    notes.push(`${target("valid")}: kept; all its ${thousands(among)} rows are among the converted rows`);
    if (raw.train === null && name === "BoolQ") {
      const standIn = `the ${thousands(others.length)} validation rows of BoolQ that the official boolq.valid leaves out`;
      add("train", others, "a stand-in for BoolQ's training set", standIn);
    }
  }
  return { files, notes: () => notes };
};

/** Splits the converted rows by the official file. @throws Error if an official row is not among them */
function compare(rows: readonly Row[], file: string, name: string): { among: number; others: Row[] } {
  const official = new Set(readJsonl(file, (row) => canonical(row)));
  const found = new Set(rows.map(canonical).filter((row) => official.has(row)));
  if (found.size < official.size) {
    throw new Error(
      `${file}: ${official.size - found.size} of its ${official.size} rows do not occur in SuperGLUE's ${name}/val.jsonl; ` +
        `is that file of SuperGLUE 2.0 and whole? Download it again.`,
    );
  }
  return { among: found.size, others: rows.filter((row) => !official.has(canonical(row))) };
}

/** A row as text, independent of the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

/** Converted rows of `<task>/<split>.jsonl`, or null if the file was not given. */
function rowsOf(given: readonly GivenFile[], task: string, split: string): Row[] | null {
  const source = given.find(({ name }) => name.split("/").slice(-2).join("/") === `${task}/${split}.jsonl`);
  if (source === undefined) return null;
  return readJsonl(source.file, (raw) => TASKS[task](raw as Row)).flat();
}

function text(row: Row, name: string): string {
  return want(row, name, "a text", typeof row[name] === "string") as string;
}

const FLAGS: readonly unknown[] = [true, false, 1, 0];

/** 0 for false or 0; 1 for true or 1. */
function flag(row: Row, name: string): number {
  return Number(want(row, name, "true, false, 1 or 0", FLAGS.includes(row[name])));
}

function part(row: Row, name: string): Row {
  return want(row, name, "an object", typeof row[name] === "object" && row[name] !== null) as Row;
}

function list(row: Row, name: string): Row[] {
  return want(row, name, "a list", Array.isArray(row[name])) as Row[];
}

function want(row: Row, name: string, wanted: string, holds: boolean): unknown {
  if (holds) return row[name];
  const hint = name === "label" && row[name] === undefined ? " SuperGLUE's test sets have no labels." : "";
  throw new Error(`"${name}" is ${row[name] === undefined ? "absent" : brief(row[name])}, want ${wanted}.${hint}`);
}
