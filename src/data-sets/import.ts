/**
 * @file Import a data set from the user's files: copy, unpack or convert them.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { labelStandIn } from "../tasks/stand-ins";
import { writeAll, writeAtomically } from "../util/atomic-file";
import { filesBelow } from "../util/list-files";
import { sha256File } from "../util/sha256";
import { type CatalogueFile, type CatalogueImport, type DataSet, isInside, matchedPath } from "./catalogue";
import { CONVERSIONS } from "./convert";
import type { GivenFile } from "./convert/conversion";
import { addToLedger, type Ledger, readLedger, sizeOf } from "./ledger";
import { unpackAndNote } from "./unpack";

export interface ImportResult {
  imported: string[];
  /** Files under the given path that are not part of the data set. */
  ignored: string[];
  /** Files of the data set that were not found under the given path. */
  missing: string[];
  /** Messages of the conversion. */
  notes: string[];
}

/**
 * Import one file, or a folder in which names or ends of paths are matched. Files are copied, not moved; archives are
 * unpacked as after a download.
 *
 * @throws Error if nothing under `from` belongs to the data set, a known checksum differs, or a file of another data
 *   set would be overwritten
 */
export async function importDataSet(dataSet: DataSet, from: string, folder: string): Promise<ImportResult> {
  if (!fs.existsSync(from)) throw new Error(`${from}: no such file or folder; give the path of the files you have`);
  const isFolder = fs.statSync(from).isDirectory();
  const taker = new Taker(dataSet, isFolder ? from : path.dirname(from), folder);
  const given = isFolder ? filesBelow(from) : [path.basename(from)];
  const missing: string[] = [];
  try {
    for (const file of dataSet.files) {
      const source = bestMatch(given, file.path) ?? sameContent(taker.base, given, file);
      if (source === null) missing.push(file.path);
      else await taker.copy(source, file);
    }
    for (const listing of dataSet.listings) {
      for (const source of given) {
        if (taker.used.has(source)) continue;
        const target = listedTarget(taker.rooted(source), listing.match, listing.to);
        if (target === null) continue;
        const unpack = listing.unpack ? { unpack: listing.unpack } : {};
        await taker.copy(source, { path: target, urls: [], bytes: null, sha256: null, ...unpack });
      }
    }
    // files that are part of an archive of the data set
    for (const unpack of [...dataSet.files, ...dataSet.listings].flatMap((part) => part.unpack ?? [])) {
      for (const source of given) {
        if (taker.used.has(source)) continue;
        const target = matchedPath(unpack.match, unpack.to, source);
        if (target !== null && isInside(target)) {
          await taker.copy(source, { path: target, urls: [], bytes: null, sha256: null });
        }
      }
    }
    for (const part of dataSet.imports) missing.push(...(await taker.import(part, given)));
  } finally {
    const found = Object.keys(taker.entries).length > 0;
    if (found) addToLedger(folder, taker.entries); // record the imported files even if a later step fails
  }
  if (taker.used.size === 0) {
    const known = [
      ...dataSet.files.map((file) => file.path),
      ...[...dataSet.listings, ...dataSet.imports].map(({ match }) => `files like ${match}`),
    ];
    throw new Error(
      `${from}: contains no file of ${dataSet.name}; wanted ${known.slice(0, 8).join(", ")}${known.length > 8 ? ", ..." : ""}`,
    );
  }
  const imported = Object.keys(taker.entries).sort();
  return { imported, ignored: given.filter((name) => !taker.used.has(name)), missing, notes: taker.notes };
}

/** Writes files to the data folder and records them. */
class Taker {
  readonly base: string;
  readonly used = new Set<string>();
  readonly entries: Ledger = {};
  readonly notes: string[] = [];
  private readonly dataSet: DataSet;
  private readonly folder: string;

  /** @param base - the folder of the user's files */
  constructor(dataSet: DataSet, base: string, folder: string) {
    this.dataSet = dataSet;
    this.base = base;
    this.folder = folder;
  }

  /** Copy one of the given files to its place. */
  async copy(source: string, file: CatalogueFile): Promise<void> {
    const full = path.join(this.base, source);
    const sum = sha256File(full);
    const { name } = this.dataSet;
    if (file.sha256 !== null && sum !== file.sha256) {
      throw new Error(
        `${full}: has SHA-256 ${sum}, ${name} wants ${file.sha256} for ${file.path}; nothing was imported from it. ` +
          `Get the file again, or correct its checksum in data/sources.json.`,
      );
    }
    copyAtomically(full, path.join(this.folder, file.path));
    this.note(file.path, file.sha256 === null ? "first-fetch" : "published", sum);
    if (file.unpack !== undefined) await unpackAndNote(this.folder, file.path, file.unpack, name, this.entries);
    this.used.add(source);
  }

  /** Copy or convert the files of one part of the catalogue's entry. @returns known files that were not given */
  async import(part: CatalogueImport, given: readonly string[]): Promise<string[]> {
    const pattern = new RegExp(part.match);
    const own = given.filter((name) => pattern.test(this.rooted(name)));
    const knownOf = (name: string) => part.files.find((file) => `/${this.rooted(name)}`.endsWith(`/${file.name}`));
    const missing = part.files.filter((file) => !own.some((name) => knownOf(name) === file));
    if (part.convert === "copy") {
      for (const name of own) {
        const target = matchedPath(part.match, part.to, this.rooted(name)) as string;
        this.refuseForeign(target);
        const { bytes = null, sha256 = null } = knownOf(name) ?? {};
        await this.copy(name, { path: target, urls: [], bytes, sha256 });
        this.label(target, part.standIn);
      }
    } else if (own.length > 0) {
      const files = own.map((name): GivenFile => ({ name: this.rooted(name), file: path.join(this.base, name) }));
      for (const [i, { file }] of files.entries()) {
        const known = knownOf(own[i]);
        if (known === undefined || sha256File(file) === known.sha256) continue;
        throw new Error(
          `${file}: is not the file that data/sources.json describes (SHA-256 ${known.sha256}); nothing of ` +
            `${this.dataSet.name} was imported. Get the file again, or remove its line from data/sources.json.`,
        );
      }
      const converted = CONVERSIONS[part.convert](files, part.to, this.folder);
      for (const { path: target } of converted.files) this.refuseForeign(target);
      for (const { path: target, lines, standIn } of converted.files) {
        writeLines(path.join(this.folder, target), lines);
        this.label(target, standIn ?? part.standIn);
        this.note(target, part.files.length > 0 ? "published" : "first-fetch");
      }
      for (const name of own) this.used.add(name);
      this.notes.push(...converted.notes());
    }
    return missing.map(({ name }) => name);
  }

  /** A given path prefixed with the name of the given folder: `BoolQ/val.jsonl` if the folder BoolQ was given. */
  rooted(name: string): string {
    return `${path.basename(path.resolve(this.base))}/${name}`;
  }

  private note(target: string, checksum: "published" | "first-fetch", sum?: string): void {
    const file = path.join(this.folder, target);
    const sha256 = sum ?? sha256File(file);
    this.entries[target] = { dataSet: this.dataSet.name, bytes: sizeOf(file), sha256, from: "import", checksum };
  }

  /** @throws Error if the file exists and belongs to another data set */
  private refuseForeign(target: string): void {
    const owner = readLedger(this.folder)[target]?.dataSet ?? this.dataSet.name;
    if (owner === this.dataSet.name || !fs.existsSync(path.join(this.folder, target))) return;
    throw new Error(
      `${path.join(this.folder, target)}: belongs to the data set ${owner}; ${this.dataSet.name} would overwrite it; ` +
        `import into another folder with --folder, or delete the file`,
    );
  }

  /** Record that a file is a stand-in. */
  private label(target: string, standIn: string | undefined): void {
    if (standIn === undefined) return;
    labelStandIn(path.join(this.folder, "evaluation_data"), path.posix.relative("evaluation_data", target), standIn);
    this.notes.push(`${target} is a stand-in: ${standIn}`);
  }
}

/** The given path with the longest common suffix (in path parts) with the wanted one; null if the names differ. */
function bestMatch(given: readonly string[], wanted: string): string | null {
  const parts = wanted.split("/").reverse();
  let best: string | null = null;
  let bestLength = 0;
  for (const name of given) {
    const own = name.split("/").reverse();
    let length = 0;
    while (length < parts.length && length < own.length && parts[length] === own[length]) length++;
    if (length > bestLength) {
      best = name;
      bestLength = length;
    }
  }
  return best;
}

/** Find a single file under another name: by checksum, or by extension if the set has one file. */
function sameContent(base: string, given: readonly string[], { path: wanted, sha256 }: CatalogueFile): string | null {
  if (given.length !== 1) return null;
  if (sha256 !== null) return sha256File(path.join(base, given[0])) === sha256 ? given[0] : null;
  return path.extname(wanted) === path.extname(given[0]) ? given[0] : null;
}

/** The target of a listed file; the user's folder may start at any level of the service's tree. */
function listedTarget(source: string, match: string, to: string): string | null {
  const parts = source.split("/");
  for (let i = 0; i < parts.length; i++) {
    const target = matchedPath(match, to, parts.slice(i).join("/"));
    if (target !== null && isInside(target)) return target;
  }
  return null;
}

function copyAtomically(from: string, to: string): void {
  writeAtomically(to, (fd) => {
    const source = fs.openSync(from, "r");
    try {
      const chunk = Buffer.allocUnsafe(1 << 20);
      for (let size = fs.readSync(source, chunk); size > 0; size = fs.readSync(source, chunk)) {
        writeAll(fd, chunk.subarray(0, size));
      }
    } finally {
      fs.closeSync(source);
    }
  });
}

function writeLines(file: string, lines: Iterable<string>): void {
  writeAtomically(file, (fd) => {
    let text = "";
    for (const line of lines) {
      text += `${line}\n`;
      if (text.length < 1 << 20) continue;
      writeAll(fd, Buffer.from(text, "utf8"));
      text = "";
    }
    writeAll(fd, Buffer.from(text, "utf8"));
  });
}
