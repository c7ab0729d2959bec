/** @file Reads the `.jsonl` files of a benchmark folder, in sorted order, as items with their file and row. */

import * as fs from "node:fs";
import * as path from "node:path";
import { readJsonl } from "../util/jsonl";
import { filesIn } from "../util/list-files";
import { readBenchmark } from "./row";

/** An item with its file and row, for error messages and for matching predictions with the data. */
export type Placed<Item> = Item & { file: string; row: number };

/** Converts rows to items; `leavesOut` marks rows that are not items. */
interface ItemReader<Item> {
  leavesOut?(row: unknown): boolean;
  toItem(row: unknown, fileStem: string): Item;
}

/**
 * Read every `.jsonl` file of `folder` (not of its sub-folders). Files are sorted by name; the pipeline uses the
 * operating system's order; only the order of the report's lines depends on it.
 *
 * @throws Error if the folder is missing or has no rows, and `file:line: ...` for a bad row
 */
export function loadItems<Item>(folder: string, task: ItemReader<Item>): Placed<Item>[] {
  return readItems(folder, task).items;
}

/** The same, with the number of rows that are left out. */
export function readItems<Item>(folder: string, task: ItemReader<Item>): { items: Placed<Item>[]; leftOut: number } {
  return readBenchmark(() => readFolder(folder, task));
}

function readFolder<Item>(folder: string, task: ItemReader<Item>): { items: Placed<Item>[]; leftOut: number } {
  if (!fs.existsSync(folder)) throw new Error(`${folder}: no such folder`);
  const files = jsonlFiles(folder);
  if (files.length === 0) throw new Error(`${folder}: no .jsonl file`);
  const items: Placed<Item>[] = [];
  let leftOut = 0;
  for (const file of files) {
    const stem = file.slice(0, -".jsonl".length);
    let row = 0;
    readJsonl(path.join(folder, file), (value) => {
      if (task.leavesOut?.(value)) leftOut++;
      else items.push({ ...task.toItem(value, stem), file, row });
      row++;
    });
  }
  if (items.length === 0) throw new Error(`${folder}: its .jsonl files have no rows`);
  return { items, leftOut };
}

/**
 * Names of the folder's `.jsonl` files, sorted by code unit, without those that start with a dot; empty if it does not
 * exist.
 */
export function jsonlFiles(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return filesIn(folder).filter((name) => name.endsWith(".jsonl"));
}
