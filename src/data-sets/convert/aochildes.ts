/**
 * @file AO-CHILDES (Huebner & Willits 2021, https://doi.org/10.1016/bs.plm.2021.08.002): transcripts of American
 * English CHILDES as CSV tables of the `childesr` database, one utterance per row, to BabyLM's `childes.train`.
 *
 * Transcripts are ordered by the child's age, as AO-CHILDES intends; each starts with a heading line. An utterance
 * becomes `*MOT:\twhat's that ?`. Unintelligible words (xxx, yyy, www) and empty utterances are removed.
 */

import * as path from "node:path";
import { brief, withRemedy } from "../../util/check";
import { readCsv } from "../../util/csv";
import { thousands } from "../../util/format";
import type { Conversion } from "./conversion";

const COLUMNS = ["gloss", "speaker_code", "target_child_age", "transcript_id", "type", "utterance_order"];
const UNINTELLIGIBLE = new Set(["xxx", "yyy", "www"]);

interface Transcript {
  title: string;
  /** Days; infinite if unknown, so that such transcripts come last. */
  age: number;
  utterances: { order: number; line: string }[];
}

export const convertAochildes: Conversion = (given, to) => {
  const transcripts = new Map<string, Transcript>();
  let silent = 0;
  for (const { name, file } of given) {
    const { header, rows } = withRemedy("export the table again", () => readCsv(file, COLUMNS));
    const [gloss, speaker, age, id, type, order] = COLUMNS.map((column) => header.indexOf(column));
    const collection = path.basename(name, ".csv");
    rows.forEach((row, i) => {
      const words = row[gloss].split(/\s+/).filter((word) => word !== "" && word !== "NA" && !UNINTELLIGIBLE.has(word));
      if (words.length === 0) {
        silent++;
        return;
      }
      const number = Number(row[order]);
      if (row[order] === "" || !Number.isInteger(number)) {
        throw new Error(
          `${file}:${i + 2}: utterance_order: want a whole number, got ${brief(row[order])}; export the table again`,
        );
      }
      const title = `childes/${collection}/${row[id]}`;
      const days = Number(row[age]);
      const known = row[age] !== "" && Number.isFinite(days);
      if (!transcripts.has(title)) transcripts.set(title, { title, age: known ? days : Infinity, utterances: [] });
      const line = `*${row[speaker]}:\t${words.join(" ")} ${endOf(row[type])}`;
      transcripts.get(title)!.utterances.push({ order: number, line });
    });
  }
  const ordered = [...transcripts.values()].sort((a, b) => a.age - b.age || (a.title < b.title ? -1 : 1));
  const spoken = ordered.reduce((sum, { utterances }) => sum + utterances.length, 0);
  function* lines(): Generator<string> {
    for (const { title, utterances } of ordered) {
      yield `= = = ${title} = = =`;
      for (const { line } of utterances.sort((a, b) => a.order - b.order)) yield line;
      yield "";
    }
  }
  return {
    files: [{ path: path.posix.join(to, "childes.train"), lines: lines() }],
    notes: () => [
      `${thousands(ordered.length)} transcripts, ${thousands(spoken)} utterances; ${thousands(silent)} without words dropped`,
    ],
  };
};

/** CHAT's sign at the end of an utterance of this type. */
function endOf(type: string): string {
  if (type === "question") return "?";
  return type === "imperative_emphatic" ? "!" : ".";
}
