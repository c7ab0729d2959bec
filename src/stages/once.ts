/**
 * @file Runs a step once: a finished step records its inputs in a file, and is skipped when called again with the same
 * inputs. This makes every command resumable.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { compare } from "../util/manifest";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256, sha256File } from "../util/sha256";

interface Note {
  inputsSha256: string;
  inputs: unknown;
  /** SHA-256 by file name; absent in records of earlier versions. */
  outputs?: Record<string, string>;
}

/**
 * Run `work` unless `file` records that it finished with the same `inputs`.
 *
 * @param file - the record, for example `<run>/zero-shot.done.json`
 * @param inputs - everything the result depends on, as plain JSON
 * @param outputs - the files that `work` writes, relative to the record's folder; the record has their checksums
 * @returns `kept` if the step was finished before and its files are unchanged
 * @throws Error if the record has other inputs (old results are never overwritten silently), or if a file was altered
 */
export async function once(
  file: string,
  inputs: unknown,
  outputs: readonly string[],
  work: () => Promise<void>,
): Promise<"done" | "kept"> {
  const folder = path.dirname(file);
  const wanted = sha256(JSON.stringify(inputs));
  if (fs.existsSync(file)) {
    const remedy = `put the file back, or remove ${file} to make it again`;
    const note = readSealedJson<Note>(file, remedy);
    if (note.inputsSha256 === wanted) {
      for (const [name, sum] of Object.entries(note.outputs ?? {})) compare(path.join(folder, name), sum, remedy);
      return "kept";
    }
    throw new Error(
      `${file}: was made with other settings, data or seed; remove ${folder} ` +
        `(or run with --fresh) to make it again, or give another folder with --runs`,
    );
  }
  await work();
  const sums = outputs.map((name) => [name, sha256File(path.join(folder, name))]);
  writeSealedJson(file, { inputsSha256: wanted, inputs, outputs: Object.fromEntries(sums) } satisfies Note);
  return "done";
}
