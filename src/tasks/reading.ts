/**
 * @file Reading times: tests how much a word's surprisal improves the prediction of its reading time.
 *
 * de Varda et al. 2023, https://doi.org/10.3758/s13428-023-02261-8, on the UCL corpus (Frank et al. 2013, 2015):
 * eye tracking, self-paced reading and EEG of 1,726 words in 205 sentences.
 */

import { brief } from "../util/check";

import { readCsv } from "../util/csv";
import { isMissing } from "./missing";
import { readBenchmark } from "./row";
import type { ReadingTask } from "./task";

export const READING: ReadingTask = {
  kind: "reading",
  name: "reading",
  displayName: "reading",
  version: 1,
  officialName: "reading",
  folder: { full: "reading", fast: "reading" },
  file: "reading_data.csv",
  source: "de Varda et al. 2023, https://doi.org/10.3758/s13428-023-02261-8",
};

/** The measured responses, in the order of the pipeline's files. Milliseconds, except the EEG components (µV). */
export const RESPONSES = [
  "RTfirstfix",
  "RTfirstpass",
  "RTgopast",
  "RTrightbound",
  "self_paced_reading_time",
  "ELAN",
  "LAN",
  "N400",
  "P600",
  "EPNP",
  "PNP",
] as const;

export type Response = (typeof RESPONSES)[number];

/** One word in its sentence. Missing numbers are NaN. */
export interface ReadingRow {
  /** The words before the target, without a last blank. */
  context: string;
  word: string;
  /**
   * The word before the target and its context; null if there is none (or if pandas read the word "None" as missing).
   */
  previous: { context: string; word: string } | null;
  subtlexLog10: number;
  /** Length of the word in characters, including punctuation. */
  length: number;
  previousLength: number;
  /** Number of words before the target. */
  contextLength: number;
  responses: Record<Response, number>;
}

/** @throws Error `file:line: ...` for a missing column, a field that is not a number, or an empty word */
export function loadReading(file: string): ReadingRow[] {
  return readBenchmark(() => readRows(file));
}

function readRows(file: string): ReadingRow[] {
  const columns = [
    "item",
    "word",
    "prev_item",
    "prev_word",
    "Subtlex_log10",
    "length",
    "prev_length",
    "context_length",
  ];
  const { header, rows } = readCsv(file, [...columns, ...RESPONSES]);
  if (rows.length === 0) throw new Error(`${file}: has a header but no rows`);
  const at = new Map(header.map((name, i) => [name, i]));
  return rows.map((fields, r) => {
    const text = (name: string) => fields[at.get(name) ?? -1];
    const number = (name: string) => {
      const field = text(name);
      if (isMissing(field)) return Number.NaN;
      const value = Number(field);
      if (Number.isNaN(value)) throw new Error(`${file}, row ${r}: ${name} is ${brief(field)}, want a number`);
      return value;
    };
    // [pipeline] a missing item becomes the text "None", which is correct by chance: one sentence starts with that word
    const context = isMissing(text("item")) ? "None" : text("item");
    const word = text("word");
    if (word.trim() === "") throw new Error(`${file}, row ${r}: the word is empty`);
    const previousContext = text("prev_item");
    return {
      context,
      word,
      // [pipeline] not corrected here, so the previous word's surprisal is unknown after a context "None"
      previous: isMissing(previousContext) ? null : { context: previousContext, word: text("prev_word") },
      subtlexLog10: number("Subtlex_log10"),
      length: number("length"),
      previousLength: number("prev_length"),
      contextLength: number("context_length"),
      responses: Object.fromEntries(RESPONSES.map((name) => [name, number(name)])) as Record<Response, number>,
    };
  });
}
