/**
 * @file Age of acquisition: tests whether words that children learn late also become predictable late in training.
 *
 * Chang & Bergen 2022, https://doi.org/10.1162/tacl_a_00444; child data from Wordbank's CDI.
 */

import * as fs from "node:fs";
import { brief, messageOf } from "../util/check";
import { readCsv } from "../util/csv";
import { readJson } from "../util/jsonl";
import { isMissing } from "./missing";
import { asRow, type Row, readBenchmark, textOrEmpty } from "./row";
import type { AcquisitionTask } from "./task";

export const AOA: AcquisitionTask = {
  kind: "age-of-acquisition",
  name: "aoa",
  displayName: "age of acquisition",
  tableName: "AoA",
  version: 1,
  officialName: "AoA_word",
  folder: { full: "aoa", fast: null },
  file: "cdi_childes.json",
  source: "Chang & Bergen 2022, https://doi.org/10.1162/tacl_a_00444",
};

/** A word and its contexts from child-directed speech. */
export interface AoaWord {
  word: string;
  contexts: string[];
}

/** Months of age with a column in the child data. */
export const CHILD_MONTHS = Array.from({ length: 15 }, (_, i) => 16 + i);

/** Share of children who produce a word, by month of age; NaN if not measured. */
export interface ChildCurve {
  word: string;
  /** `[15]` for months 16 to 30. */
  proportions: number[];
}

/** `cdi_childes.json`: word to a list of objects with a `context`. [pipeline] words of one character are skipped. */
export function loadAoaWords(file: string): AoaWord[] {
  return readBenchmark(() =>
    Object.entries(wordsOf(file))
      .filter(([word]) => [...word].length > 1)
      .map(([word, list]) => {
        if (!Array.isArray(list)) throw new Error(`${file}: ${brief(word)} holds ${brief(list)}, want a list`);
        try {
          return { word, contexts: list.map((entry) => textOrEmpty(asRow(entry), "context")) };
        } catch (error) {
          throw new Error(`${file}: ${brief(word)}: ${messageOf(error)}`);
        }
      }),
  );
}

function wordsOf(file: string): Row {
  const value = readJson(file);
  try {
    return asRow(value);
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`);
  }
}

/** `cdi_human.csv`: columns `word` and `16` to `30`. @throws Error if the file or a column is missing */
export function loadChildCurves(file: string): ChildCurve[] {
  return readBenchmark(() => readChildCurves(file));
}

function readChildCurves(file: string): ChildCurve[] {
  if (!fs.existsSync(file)) {
    throw new Error(`${file}: no such file; age of acquisition needs the children's proportions beside the contexts`);
  }
  const { header, rows } = readCsv(file, ["word", ...CHILD_MONTHS.map(String)]);
  const wordAt = header.indexOf("word");
  const monthsAt = CHILD_MONTHS.map((m) => header.indexOf(String(m)));
  return rows.map((fields, r) => ({
    word: fields[wordAt],
    proportions: monthsAt.map((i) => {
      const value = isMissing(fields[i]) ? Number.NaN : Number(fields[i]);
      if (Number.isNaN(value) && !isMissing(fields[i])) {
        throw new Error(`${file}, row ${r}: ${header[i]} is ${brief(fields[i])}, want a proportion`);
      }
      return value;
    }),
  }));
}
