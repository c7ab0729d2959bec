/** @file Download and verify data sets. */

import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf, printable } from "../util/check";
import { mapInParallel } from "../util/pool";
import { sha256File } from "../util/sha256";
import type { CatalogueFile, DataSet } from "./catalogue";
import { closeConnections, type DownloadRequest, download } from "./download";
import { addToLedger, type Ledger, type LedgerEntry, readLedger, sizeOf } from "./ledger";
import { resolveListing } from "./listings";
import { unpackAndNote } from "./unpack";

export interface FetchOptions extends Pick<DownloadRequest, "stallMs" | "attempts" | "pauseMs" | "maxBytes"> {
  /** Data folder. */
  folder: string;
  /** Number of files downloaded at the same time. Default 4. */
  parallel?: number;
  /** Replace `from` at the start of an address by `to`. */
  mirrors?: readonly { from: string; to: string }[];
  /** Accept a file whose content differs from the ledger's record. */
  acceptChanged?: boolean;
  environment?: Readonly<Record<string, string | undefined>>;
  onProgress?: (done: number, total: number | null, note: string) => void;
}

export interface FetchResult {
  dataSet: string;
  /** Paths relative to the folder. */
  fetched: string[];
  alreadyThere: string[];
  bytes: number;
}

/**
 * Download every file of a data set. Files that are present and correct are skipped. Several files are downloaded in
 * parallel, and a failure does not stop the others.
 *
 * @throws Error naming every file that failed with the reason and, for gated sets, how to get access
 */
export async function fetchDataSet(dataSet: DataSet, options: FetchOptions): Promise<FetchResult> {
  const token = tokenFor(dataSet, options.environment ?? process.env);
  const rewrite = mirrored(options.mirrors ?? []);
  const connection = { ...pick(options), ...(token === null ? {} : { token }) };
  const files = dataSet.files.map((file) => ({ ...file, urls: file.urls.map(rewrite) }));
  try {
    if (files.length + dataSet.listings.length === 0) {
      throw new Error(
        `it cannot be downloaded; get it from ${dataSet.homepage} and use "npm run data -- import ${dataSet.name} PATH"`,
      );
    }
    for (const listing of dataSet.listings) files.push(...(await resolveListing(listing, rewrite, connection)));
    return await fetchFiles(dataSet, files, connection, options);
  } catch (error) {
    const reason = messageOf(error).split("\n").map(printable).join("\n"); // names and messages come from the server
    throw new Error(`${dataSet.name}: ${reason}${networkHint(error)}${accessHint(dataSet)}`);
  } finally {
    await closeConnections();
  }
}

async function fetchFiles(
  dataSet: DataSet,
  files: readonly CatalogueFile[],
  connection: Pick<DownloadRequest, "token" | "stallMs" | "attempts" | "pauseMs" | "maxBytes">,
  options: FetchOptions,
): Promise<FetchResult> {
  const { folder } = options;
  const ledger = readLedger(folder);
  const result: FetchResult = { dataSet: dataSet.name, fetched: [], alreadyThere: [], bytes: 0 };
  const failures: string[] = [];
  const progress = new Map<string, { done: number; total: number | null }>();
  const report = (note: string) => {
    const all = [...progress.values()];
    const known = files.every(({ bytes, path: name }) => bytes !== null || progress.get(name)?.total != null);
    const total = files.reduce((sum, { bytes, path: name }) => sum + (bytes ?? progress.get(name)?.total ?? 0), 0);
    options.onProgress?.(
      all.reduce((sum, { done }) => sum + done, 0),
      known ? total : null,
      note,
    );
  };
  await mapInParallel(files, options.parallel ?? 4, async (file) => {
    const target = path.join(folder, file.path);
    const recorded = ledger[file.path];
    try {
      if (recorded !== undefined && isWhole(folder, file, recorded)) {
        result.alreadyThere.push(file.path);
        progress.set(file.path, { done: recorded.bytes, total: recorded.bytes });
        return;
      }
      const known = recorded !== undefined && options.acceptChanged !== true;
      const got = await download({
        ...connection,
        urls: file.urls,
        target,
        bytes: file.bytes,
        sha256: file.sha256 ?? (known ? recorded.sha256 : null),
        onProgress: (done, total) => {
          progress.set(file.path, { done, total });
          report(file.path);
        },
      }).catch((error: unknown) => {
        const changed = known && file.sha256 === null && /SHA-256/.test(messageOf(error));
        const hint = changed
          ? "; its first download had other content. If the change is intended, fetch with --accept-changed"
          : "";
        throw new Error(messageOf(error) + hint);
      });
      const entries: Ledger = {
        [file.path]: {
          dataSet: dataSet.name,
          bytes: got.bytes,
          sha256: got.sha256,
          from: got.url,
          checksum: file.sha256 === null ? "first-fetch" : "published",
        },
      };
      if (file.unpack !== undefined) await unpackAndNote(folder, file.path, file.unpack, dataSet.name, entries);
      addToLedger(folder, entries); // record immediately, so that this file is not lost if the next one fails
      result.fetched.push(...Object.keys(entries));
      result.bytes += got.bytes;
    } catch (error) {
      failures.push(`${file.path}: ${messageOf(error)}`);
    }
  });
  if (failures.length > 0) {
    throw new Error(`${failures.length} of ${files.length} files could not be fetched\n${failures.sort().join("\n")}`);
  }
  result.fetched.sort();
  result.alreadyThere.sort();
  return result;
}

/** Whether the file is present with the recorded size, has the catalogue's checksum, and all unpacked files are present. */
function isWhole(folder: string, file: CatalogueFile, recorded: LedgerEntry): boolean {
  if (sizeOf(path.join(folder, file.path)) !== recorded.bytes) return false;
  if (file.sha256 !== null && file.sha256 !== recorded.sha256) return false;
  if (file.unpack === undefined) return true;
  const parts = Object.entries(readLedger(folder)).filter(([, { from }]) => from === file.path);
  return parts.length > 0 && parts.every(([name, { bytes }]) => sizeOf(path.join(folder, name)) === bytes);
}

export interface Verification {
  path: string;
  dataSet: string;
  state: "good" | "missing" | "changed";
  detail: string;
}

/** Read every recorded file and compare its checksum. */
export function verifyData(folder: string, dataSets: readonly string[] = []): Verification[] {
  const found: Verification[] = [];
  for (const [name, entry] of Object.entries(readLedger(folder))) {
    if (dataSets.length > 0 && !dataSets.includes(entry.dataSet)) continue;
    const file = path.join(folder, name);
    const { dataSet } = entry;
    if (!fs.existsSync(file)) found.push({ path: name, dataSet, state: "missing", detail: "missing" });
    else if (sizeOf(file) !== entry.bytes) {
      found.push({ path: name, dataSet, state: "changed", detail: `${sizeOf(file)} bytes, was ${entry.bytes}` });
    } else if (sha256File(file) !== entry.sha256) {
      found.push({ path: name, dataSet, state: "changed", detail: "content differs from the download" });
    } else found.push({ path: name, dataSet, state: "good", detail: entry.checksum });
  }
  return found;
}

/** @throws Error with instructions, if the set is gated and the token is not in the environment */
function tokenFor(
  dataSet: DataSet,
  environment: Readonly<Record<string, string | undefined>>,
): { host: string; value: string } | null {
  const { access } = dataSet;
  if (access.kind === "open") return null;
  const value = environment[access.tokenVariable]?.trim();
  if (!value)
    throw new Error(`${dataSet.name} is gated: ${access.terms} Then set ${access.tokenVariable} and fetch again.`);
  if (/\s/.test(value)) throw new Error(`${access.tokenVariable} holds white space; want the bare token`);
  return { host: access.tokenHost, value };
}

function networkHint(error: unknown): string {
  if (!/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ECONNRESET|timeout/i.test(messageOf(error))) return "";
  return (
    "\nIs there a network? Behind a proxy, set HTTPS_PROXY; for another server, use --mirror FROM=TO; " +
    "files that you already have can be imported. The downloaded part is kept."
  );
}

function accessHint({ access }: DataSet): string {
  return access.kind === "gated" ? `\nAccess: ${access.terms}` : "";
}

function mirrored(mirrors: readonly { from: string; to: string }[]): (url: string) => string {
  return (url) => {
    const mirror = mirrors.find(({ from }) => url.startsWith(from));
    return mirror === undefined ? url : mirror.to + url.slice(mirror.from.length);
  };
}

function pick({ stallMs, attempts, pauseMs, maxBytes }: FetchOptions) {
  const all = { stallMs, attempts, pauseMs, maxBytes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Partial<
    typeof all
  > as Pick<DownloadRequest, "stallMs" | "attempts" | "pauseMs" | "maxBytes">;
}
