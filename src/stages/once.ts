/**
 * @file Work that is done once: a finished step leaves a note of what it was given, and is skipped when asked again for
 * the same. This is what makes every command resumable.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { compare } from "../util/manifest";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256, sha256File } from "../util/sha256";

interface Note {
  inputsSha256: string;
  inputs: unknown;
  /** SHA-256 by name; absent in notes from before. */
  outputs?: Record<string, string>;
}

/**
 * Run `work` unless `file` says that it finished with the same `inputs`.
 *
 * @param file - the note, for example `<run>/zero-shot.done.json`
 * @param inputs - everything the result depends on, as plain JSON
 * @param outputs - the files that `work` leaves, relative to the note's folder; the note holds their checksums
 * @returns `kept` if it had been done, and its files are what was written
 * @throws Error if the note was left by other inputs (the old result is never overwritten silently), or if a file is not
 *   what was written
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
    const remedy = `put the file back, or remove ${file} to make it anew`;
    const note = readSealedJson<Note>(file, remedy);
    if (note.inputsSha256 === wanted) {
      for (const [name, sum] of Object.entries(note.outputs ?? {})) compare(path.join(folder, name), sum, remedy);
      return "kept";
    }
    throw new Error(
      `${file}: was made with other settings, data or seed; remove ${folder} ` +
        `(or run with --fresh) to make it anew, or give another folder with --runs`,
    );
  }
  await work();
  const sums = outputs.map((name) => [name, sha256File(path.join(folder, name))]);
  writeSealedJson(file, { inputsSha256: wanted, inputs, outputs: Object.fromEntries(sums) } satisfies Note);
  return "done";
}
