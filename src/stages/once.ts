/**
 * @file Work that is done once: a finished step leaves a note of what it was given, and is skipped when asked again for
 * the same. This is what makes every command resumable.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { readJson, writeJson } from "../util/jsonl";
import { sha256 } from "../util/sha256";

/**
 * Run `work` unless `file` says that it finished with the same `inputs`.
 *
 * @param file - the note, for example `<run>/zero-shot.done.json`
 * @param inputs - everything the result depends on, as plain JSON
 * @returns `kept` if it had been done
 * @throws Error if the note was left by other inputs: the old result is never overwritten in silence
 */
export async function once(file: string, inputs: unknown, work: () => Promise<void>): Promise<"done" | "kept"> {
  const wanted = sha256(JSON.stringify(inputs));
  if (fs.existsSync(file)) {
    const note = readJson<{ inputsSha256?: unknown }>(file);
    if (note.inputsSha256 === wanted) return "kept";
    throw new Error(
      `${file}: was made with other settings, data or seed; remove ${path.dirname(file)} ` +
        `(or run with --fresh) to make it anew, or give another folder with --runs`,
    );
  }
  await work();
  writeJson(file, { inputsSha256: wanted, inputs });
  return "done";
}
