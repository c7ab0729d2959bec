/**
 * @file The ledger of a data folder: the files of each data set, with size and checksum.
 *
 * `ledger.json` in the data folder. If no checksum is published, that of the first download is recorded, and later
 * downloads must match it. The ledger carries its own checksum.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { issueText } from "../util/check";
import { takeLock } from "../util/lock";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";

const entrySchema = z.strictObject({
  dataSet: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The file's address, or `import`, or the archive it was unpacked from. */
  from: z.string(),
  /** `published` by the source or its service, or `first-fetch`. */
  checksum: z.enum(["published", "first-fetch"]),
});

export type LedgerEntry = z.infer<typeof entrySchema>;

/** By path relative to the data folder. */
export type Ledger = Record<string, LedgerEntry>;

const NAME = "ledger.json";

/** Read the ledger; empty if there is none. @throws Error naming the file if it is damaged */
export function readLedger(folder: string): Ledger {
  const file = path.join(folder, NAME);
  if (!fs.existsSync(file)) return {};
  const remedy = "put it back, or delete it and fetch again";
  const record = readSealedJson<Record<string, unknown>>(file, remedy);
  const isOld = !("files" in record); // written before ledgers had checksums: the entries themselves
  const parsed = z.record(z.string(), entrySchema).safeParse(isOld ? record : record.files);
  if (parsed.success) return parsed.data;
  throw new Error(`${file}: ${issueText(parsed.error)}; ${remedy}`);
}

/** Add entries; paths are sorted, for readable diffs. */
export function addToLedger(folder: string, entries: Ledger): void {
  const all = { ...readLedger(folder), ...entries };
  const files = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeSealedJson(path.join(folder, NAME), { files });
}

/** Run `work` with an exclusive lock on this data folder. @throws Error naming the process that holds it */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const release = takeLock(path.join(folder, ".lock"), folder);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Size of a file in bytes, or -1 if it does not exist. */
export function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? -1;
}
