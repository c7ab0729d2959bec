/**
 * @file Safe zip extraction: no path leaves the folder, and sizes are limited.
 *
 * Archives with links, encrypted entries, absolute paths or `..` are refused before anything is written. Files are written
 * atomically.
 */

import * as path from "node:path";
import { crc32 } from "node:zlib";
import { type Entry, open as openZip, type ZipFile } from "yauzl";
import { writeFileAtomic } from "../util/atomic-file";
import { brief, messageOf, printable } from "../util/check";
import { sha256File } from "../util/sha256";
import { isInside, matchedPath, type Unpack } from "./catalogue";
import { type Ledger, sizeOf } from "./ledger";

export interface UnpackLimits {
  /** Maximum size of one entry. Default 2 GB. */
  maxEntryBytes?: number;
  /** Maximum size of all entries together. Default 8 GB. */
  maxTotalBytes?: number;
  maxEntries?: number;
  /** Uncompressed over compressed size; text stays below 30. Default 200. */
  maxRatio?: number;
}

const LIMITS: Required<UnpackLimits> = { maxEntryBytes: 2e9, maxTotalBytes: 8e9, maxEntries: 100_000, maxRatio: 200 };
const SMALL_BYTES = 1e6; // below this size the ratio is not checked

/**
 * Unpack the matching entries of a zip archive under `root`.
 *
 * @returns the paths written, relative to `root`, sorted
 * @throws Error naming the archive and the entry: path escape, link, encryption, bounds, damage, or nothing that matches
 */
export async function unpackZip(
  archive: string,
  root: string,
  unpack: Unpack,
  limits: UnpackLimits = {},
): Promise<string[]> {
  try {
    return await unpackEntries(archive, root, unpack, { ...LIMITS, ...limits });
  } catch (error) {
    const remedy = 'Get the archive again, or unpack by hand what you trust and use "npm run data -- import"';
    throw new Error(`${printable(messageOf(error))}. ${remedy}`); // names in an archive are untrusted, so make them printable
  }
}

async function unpackEntries(
  archive: string,
  root: string,
  unpack: Unpack,
  bounds: Required<UnpackLimits>,
): Promise<string[]> {
  let zip: ZipFile;
  try {
    zip = await open(archive);
  } catch (error) {
    throw new Error(`${archive}: not a whole zip archive (${messageOf(error)})`);
  }
  try {
    const entries = await listEntries(zip, archive, bounds);
    const chosen: { entry: Entry; target: string }[] = [];
    for (const entry of entries) {
      if (entry.fileName.endsWith("/") || /(^|\/)__MACOSX\//.test(entry.fileName)) continue;
      const target = matchedPath(unpack.match, unpack.to, entry.fileName);
      if (target === null) continue;
      if (!isInside(target))
        throw new Error(`${archive}: the entry ${brief(entry.fileName, 200)} would leave the folder`);
      if (entry.isEncrypted()) throw new Error(`${archive}: the entry ${entry.fileName} is encrypted`);
      chosen.push({ entry, target });
    }
    if (chosen.length === 0) {
      const names = entries.slice(0, 8).map(({ fileName }) => fileName);
      throw new Error(
        `${archive}: no entry matches ${unpack.match}; it holds ${names.join(", ")}${entries.length > 8 ? ", ..." : ""}`,
      );
    }
    const targets = chosen.map(({ target }) => target).sort();
    const twice = targets.find((target, i) => i > 0 && target === targets[i - 1]);
    if (twice !== undefined) throw new Error(`${archive}: two entries would become ${twice}`);
    for (const { entry, target } of chosen) {
      writeFileAtomic(path.join(root, target), await readEntry(zip, entry, archive, bounds));
    }
    return targets;
  } finally {
    zip.close();
  }
}

/** Unpack an archive listed in `entries`, and add an entry for each unpacked file. @throws as `unpackZip` */
export async function unpackAndNote(
  folder: string,
  archive: string,
  unpack: Unpack,
  dataSet: string,
  entries: Ledger,
): Promise<void> {
  for (const name of await unpackZip(path.join(folder, archive), folder, unpack)) {
    const file = path.join(folder, name);
    const { checksum } = entries[archive];
    entries[name] = { dataSet, bytes: sizeOf(file), sha256: sha256File(file), from: archive, checksum };
  }
}

async function listEntries(zip: ZipFile, archive: string, bounds: Required<UnpackLimits>): Promise<Entry[]> {
  const entries = await new Promise<Entry[]>((resolve, reject) => {
    const list: Entry[] = [];
    zip.on("entry", (entry: Entry) => {
      list.push(entry);
      if (list.length > bounds.maxEntries) reject(new Error(`more than ${bounds.maxEntries} entries`));
      else zip.readEntry();
    });
    zip.on("end", () => resolve(list));
    zip.on("error", reject);
    zip.readEntry();
  }).catch((error: unknown) => {
    throw new Error(`${archive}: ${messageOf(error)}`);
  });
  let total = 0;
  for (const entry of entries) {
    const { fileName, uncompressedSize, compressedSize } = entry;
    if (!isInside(fileName.replace(/\/$/, ""))) {
      throw new Error(`${archive}: the entry ${brief(fileName, 200)} would leave the folder; nothing was unpacked`);
    }
    if (isLink(entry)) throw new Error(`${archive}: the entry ${fileName} is a link; nothing was unpacked`);
    if (uncompressedSize > bounds.maxEntryBytes) {
      throw new Error(
        `${archive}: the entry ${fileName} declares ${uncompressedSize} bytes, the limit is ${bounds.maxEntryBytes}`,
      );
    }
    if (uncompressedSize > SMALL_BYTES && uncompressedSize > bounds.maxRatio * compressedSize) {
      throw new Error(
        `${archive}: the entry ${fileName} would grow ${Math.round(uncompressedSize / compressedSize)}-fold; the limit is ${bounds.maxRatio}`,
      );
    }
    total += uncompressedSize;
    if (total > bounds.maxTotalBytes) throw new Error(`${archive}: has more than ${bounds.maxTotalBytes} bytes`);
  }
  return entries;
}

/** yauzl checks that an entry has exactly its declared size; the limit is checked again while reading. */
function readEntry(zip: ZipFile, entry: Entry, archive: string, bounds: Required<UnpackLimits>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new Error(`${archive}: the entry ${entry.fileName}: ${messageOf(error)}`));
    zip.openReadStream(entry, (error, stream) => {
      if (error !== null || stream === undefined) return fail(error);
      const chunks: Buffer[] = [];
      let bytes = 0;
      stream.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bounds.maxEntryBytes) stream.destroy(new Error(`more than ${bounds.maxEntryBytes} bytes`));
        else chunks.push(chunk);
      });
      stream.on("error", fail);
      stream.on("end", () => {
        const content = Buffer.concat(chunks);
        if (crc32(content) !== entry.crc32) fail(new Error("its checksum (CRC-32) is wrong; the archive is damaged"));
        else resolve(content);
      });
    });
  });
}

function open(archive: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    // decodeStrings is off only in tests of the library; with it on, a name is text
    openZip(
      archive,
      { lazyEntries: true, autoClose: false, validateEntrySizes: true, strictFileNames: true },
      (error, zip) => (error !== null || zip === undefined ? reject(error) : resolve(zip)),
    );
  });
}

/** The Unix mode in the upper half of the external attributes says "symbolic link". */
function isLink({ externalFileAttributes, versionMadeBy }: Entry): boolean {
  const isUnix = versionMadeBy >> 8 === 3;
  return isUnix && ((externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}
