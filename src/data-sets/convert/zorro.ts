/**
 * @file Zorro (Huebner et al. 2021, https://doi.org/10.18653/v1/2021.conll-1.49): one text file per paradigm, in which
 * each odd line is ungrammatical and the next line is its grammatical counterpart, converted to rows like BLiMP's.
 */

import * as path from "node:path";
import { thousands } from "../../util/format";
import { readText } from "../../util/text-file";
import type { Conversion } from "./conversion";

export const convertZorro: Conversion = (given, to) => {
  let pairs = 0;
  const files = given.map(({ name, file }) => {
    const uid = path.basename(name, ".txt");
    const lines = readText(file).split(/\r?\n/);
    if (lines[lines.length - 1] === "") lines.pop();
    const empty = lines.findIndex((line) => line.trim() === "");
    if (lines.length === 0 || lines.length % 2 !== 0 || empty >= 0) {
      const where = empty >= 0 ? `${file}:${empty + 1}: an empty line` : `${file}: ${lines.length} lines`;
      throw new Error(`${where}; want pairs of lines, the ungrammatical sentence first. Download the file again.`);
    }
    pairs += lines.length / 2;
    const rows = Array.from({ length: lines.length / 2 }, (_, i) => ({
      sentence_good: lines[2 * i + 1],
      sentence_bad: lines[2 * i],
      field: uid.replace(/-[^-]*$/, ""),
      linguistics_term: uid,
      UID: uid,
      pair_id: i,
    }));
    return { path: path.posix.join(to, `${uid}.jsonl`), lines: rows.map((row) => JSON.stringify(row)) };
  });
  return { files, notes: () => [`${thousands(pairs)} pairs in ${thousands(files.length)} paradigms`] };
};
