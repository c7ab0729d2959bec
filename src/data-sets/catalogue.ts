/**
 * @file The catalogue of real data sets, `data/sources.json`. It is the only place for addresses of data.
 *
 * Its paths are relative to one folder (default `data/raw`) with the layout that the rest of the package reads:
 * `text/*.train`, `evaluation_data/full_eval/...`, `class-it/<config>/train-*.parquet`.
 */

import * as path from "node:path";
import { z } from "zod";
import { issueText, oneOf, printable, withRemedy } from "../util/check";
import { readJson } from "../util/jsonl";

const relativePath = z.string().refine(isInside, "want a relative path without ..");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "want 64 hexadecimal digits");
const pattern = z.string().refine(isPattern, "want a regular expression");

/** Which files to unpack from a downloaded archive. */
const unpackSchema = z.strictObject({
  /** Target folder. */
  to: relativePath,
  /** Only entries whose path matches; the first group, if there is one, is the path under `to`. */
  match: pattern,
});

/** One file at a known address. */
const fileSchema = z.strictObject({
  path: relativePath,
  /** Tried in order. */
  urls: z.array(z.string().regex(/^https?:\/\//)).min(1),
  /** Null if not published; then it is recorded at the first download. */
  bytes: z.number().int().nonnegative().nullable(),
  sha256: sha256.nullable(),
  unpack: unpackSchema.optional(),
});

/** Files listed by a service, with sizes and usually checksums. */
const listingSchema = z.strictObject({
  service: z.enum(["hugging-face-dataset", "hugging-face-model", "osf"]),
  /** `owner/name`, or the OSF project. */
  id: z.string(),
  revision: z.string().optional(),
  /** Which of the listed paths to take. */
  match: pattern,
  /** Target folder; the path under it is the first group of `match`, or the listed path if there is no group. */
  to: relativePath,
  unpack: unpackSchema.optional(),
});

/** Formats that an import converts to the layout above; the code is in `convert/`. */
const CONVERSION_NAMES = ["aochildes", "study-text", "superglue", "swda", "zorro"] as const;
export type ConversionName = (typeof CONVERSION_NAMES)[number];

/** Files that are imported from a user's folder, because they have no address or need a conversion. */
const importSchema = z.strictObject({
  /** Which of the user's files. */
  match: pattern,
  /** `copy` imports them unchanged. */
  convert: z.enum(["copy", ...CONVERSION_NAMES]),
  /** Folder for the result. With `copy`, the path under it is the first group of `match`, or the file's name. */
  to: relativePath,
  /** Known input files; `name` is the end of the path. */
  files: z.array(z.strictObject({ name: relativePath, bytes: z.number().int().nonnegative(), sha256 })).default([]),
  /** Description of what the files stand in for, if the real set is not available. */
  standIn: z.string().optional(),
});

const dataSetSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  title: z.string(),
  /** Use in this package. */
  use: z.string(),
  licence: z.string(),
  citation: z.string(),
  homepage: z.string().regex(/^https:\/\//),
  /** Approximate size, for the list. */
  approximateBytes: z.number().int().positive().nullable(),
  access: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("open") }),
    z.strictObject({
      kind: z.literal("gated"),
      /** What the user has to do once. */
      terms: z.string(),
      /** The environment variable that holds the token. It is read when needed, sent to `tokenHost` only, never stored. */
      tokenVariable: z.string(),
      tokenHost: z.string(),
    }),
  ]),
  notes: z.string().optional(),
  files: z.array(fileSchema).default([]),
  listings: z.array(listingSchema).default([]),
  imports: z.array(importSchema).default([]),
});

const catalogueSchema = z.strictObject({ about: z.string(), dataSets: z.array(dataSetSchema) });

export type CatalogueFile = z.infer<typeof fileSchema>;
export type CatalogueListing = z.infer<typeof listingSchema>;
export type CatalogueImport = z.infer<typeof importSchema>;
export type Unpack = z.infer<typeof unpackSchema>;
export type DataSet = z.infer<typeof dataSetSchema>;

/** Read and validate the catalogue. @throws Error naming the file and the wrong entry */
export function readCatalogue(file: string): DataSet[] {
  return withRemedy("correct the entry, or put the file back", () => readEntries(file));
}

function readEntries(file: string): DataSet[] {
  const parsed = catalogueSchema.safeParse(readJson(file));
  if (!parsed.success) {
    throw new Error(`${file}: ${issueText(parsed.error)}`);
  }
  const { dataSets } = parsed.data;
  const seen = new Set<string>();
  for (const { name, files, listings, imports } of dataSets) {
    if (seen.has(name)) throw new Error(`${file}: two data sets are called "${name}"`);
    seen.add(name);
    if (files.length + listings.length + imports.length === 0) {
      throw new Error(`${file}: "${name}" has no files, listings or imports`);
    }
  }
  return dataSets;
}

/** Find a data set by name. @throws Error listing the known names */
export function findDataSet(dataSets: readonly DataSet[], name: string): DataSet {
  const known = oneOf(
    "data set",
    name,
    dataSets.map((dataSet) => dataSet.name),
  );
  return dataSets.find((dataSet) => dataSet.name === known) as DataSet;
}

/** Whether a relative path stays inside its folder. */
export function isInside(relative: string): boolean {
  if (relative === "" || relative.includes("\\") || printable(relative) !== relative) return false;
  if (path.posix.isAbsolute(relative) || /^[A-Za-z]:/.test(relative)) return false;
  return !relative.split("/").includes("..");
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

/** The path under `to` for a listed or archived path: the pattern's first group, else the path itself; null if no match. */
export function matchedPath(matchSource: string, to: string, listed: string): string | null {
  const match = new RegExp(matchSource).exec(listed);
  if (match === null) return null;
  return path.posix.join(to, match[1] ?? listed);
}
