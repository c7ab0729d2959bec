/** @file Write a run's committed results atomically, in a stable order, with their checksums in `SHA256SUMS` beside them. */

import * as fs from "node:fs";
import * as path from "node:path";
import { writeFileAtomic } from "../util/atomic-file";
import { writeJson } from "../util/jsonl";
import { renewManifest } from "../util/manifest";
import type { RunSummary } from "./schema";

/** `summary.json`, with tasks and groups in the order they were scored and numbers in full precision. */
export function writeSummary(folder: string, summary: RunSummary): void {
  for (const score of summary.scores) {
    if (!Number.isFinite(score.value) && !Number.isNaN(score.value)) {
      throw new Error(`writeSummary: ${summary.runId} has ${score.task} = ${score.value}; scores are numbers or NaN`);
    }
  }
  writeJson(path.join(folder, "summary.json"), summary);
  renewManifest(folder, ["summary.json"]);
}

export function writeConfig(folder: string, config: unknown): void {
  writeJson(path.join(folder, "config.json"), config);
  renewManifest(folder, ["config.json"]);
}

/** Copy a file into a results folder under another name. */
export function publish(from: string, folder: string, name: string): void {
  writeFileAtomic(path.join(folder, name), fs.readFileSync(from));
  renewManifest(folder, [name]);
}

/**
 * Write a CSV of plain values: a header and one line per row. @throws Error if a cell has a comma, quote or line break
 */
export function writeCsv(file: string, columns: readonly string[], rows: readonly (string | number)[][]): void {
  const line = (cells: readonly (string | number)[]) => {
    for (const cell of cells) {
      if (/[",\n]/.test(String(cell))) throw new Error(`writeCsv: ${file}: ${JSON.stringify(cell)} would need quoting`);
    }
    return `${cells.join(",")}\n`;
  };
  writeFileAtomic(file, line(columns) + rows.map(line).join(""));
}
