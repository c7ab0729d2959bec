/** @file JSON records with their own checksum in a last field `sha256`. */

import { brief, messageOf } from "./check";
import { readJson, writeJson } from "./jsonl";
import { sha256 } from "./sha256";
import { warnOnce } from "./warn";

/** Write a record, atomically. @throws Error if it has a field `sha256` */
export function writeSealedJson(file: string, value: object): void {
  if ("sha256" in value) throw new Error(`writeSealedJson: ${file}: the record already has a field sha256`);
  writeJson(file, { ...value, sha256: sha256(JSON.stringify(value)) });
}

/**
 * Read a record and remove its checksum. A record of an earlier version, without a checksum, is read with a warning.
 *
 * @param remedy - what to do about an altered record, for the message
 * @throws Error naming the file if it is missing, is not a JSON object, or was altered
 */
export function readSealedJson<T>(file: string, remedy: string): T {
  let parsed: unknown;
  try {
    parsed = readJson(file);
  } catch (error) {
    throw new Error(`${messageOf(error)}; ${remedy}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new Error(`${file}: want an object, got ${brief(parsed)}; ${remedy}`);
  }
  const { sha256: sum, ...body } = parsed as { sha256?: unknown };
  if (sum === undefined) warnOnce(`${file}: has no checksum (earlier version); read without verification`);
  else if (sum !== sha256(JSON.stringify(body))) {
    throw new Error(`${file}: was altered (its checksum differs); ${remedy}`);
  }
  return body as T;
}
