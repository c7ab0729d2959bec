/** @file Reads one row of a benchmark file: named fields of the right type, or an error naming the field. */

import { brief, withRemedy } from "../util/check";

export type Row = Readonly<Record<string, unknown>>;

/** What `read` gives of a benchmark's file. @throws Error with what to do about the file */
export function readBenchmark<T>(read: () => T): T {
  return withRemedy("correct it, or fetch the data again", read);
}

/** @throws Error unless `value` is a JSON object */
export function asRow(value: unknown): Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`want a JSON object, got ${Array.isArray(value) ? "an array" : brief(value)}`);
  }
  return value as Row;
}

/** A non-empty string: an empty sentence would score 0 nats and beat every other one. */
export function textField(row: Row, key: string): string {
  const value = row[key];
  if (typeof value !== "string") throw new Error(wrongField(row, key, "a string"));
  if (value.trim() === "") throw new Error(`"${key}" is empty; an empty text has no score`);
  return value;
}

/** A string that may be empty. */
export function textOrEmpty(row: Row, key: string): string {
  const value = row[key];
  if (typeof value !== "string") throw new Error(wrongField(row, key, "a string"));
  return value;
}

/** @throws Error unless the field is a finite number */
export function numberField(row: Row, key: string): number {
  const value = row[key];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error(wrongField(row, key, "a finite number"));
  return value;
}

/** @throws Error unless the field is a whole number */
export function integerField(row: Row, key: string): number {
  const value = numberField(row, key);
  if (!Number.isInteger(value)) throw new Error(wrongField(row, key, "an integer"));
  return value;
}

/** At least two non-empty strings. */
export function optionsField(row: Row, key: string): string[] {
  const value = row[key];
  if (!Array.isArray(value) || !value.every((v) => typeof v === "string")) {
    throw new Error(wrongField(row, key, "a list of strings"));
  }
  return checkedOptions(value, key);
}

/** @throws Error if there is only one option (it would always win), or one is empty */
export function checkedOptions(options: string[], key: string): string[] {
  if (options.length < 2) throw new Error(`"${key}" has ${options.length} option(s), want at least 2`);
  const empty = options.findIndex((o) => o.trim() === "");
  if (empty >= 0) throw new Error(`option ${empty} of "${key}" is empty; an empty text has no score`);
  return options;
}

function wrongField(row: Row, key: string, wanted: string): string {
  if (!(key in row)) return `no field "${key}" (want ${wanted}); this row has ${brief(Object.keys(row))}`;
  return `"${key}" is ${brief(row[key])}, want ${wanted}`;
}
