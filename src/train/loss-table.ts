/** @file `losses.csv` and `validation.csv`: one row an update or a validation, cut back to the checkpoint on resume. */

import * as fs from "node:fs";
import { appendWhole, writeFileAtomic } from "../util/atomic-file";

/** One update. */
export interface LossRow {
  step: number;
  epoch: number;
  /** Seen so far in this stage. */
  words: number;
  tokens: number;
  learningRate: number;
  lossNats: number;
  gradNorm: number;
}

/** Validation loss of one source. */
export interface ValidationRow {
  step: number;
  epoch: number;
  words: number;
  source: string;
  lossNats: number;
  /** Tokens the loss is a mean over. */
  tokens: number;
}

export const LOSS_COLUMNS = ["step", "epoch", "words", "tokens", "learningRate", "lossNats", "gradNorm"] as const;
export const VALIDATION_COLUMNS = ["step", "epoch", "words", "source", "lossNats", "tokens"] as const;

/** An append-only table whose first column is the step. */
export class StepTable<Row extends { step: number }> {
  private readonly file: string;
  private readonly columns: readonly (keyof Row & string)[];

  /** Keeps the complete rows of steps up to `lastStep`; a row that a kill cut short, or that came later, goes. */
  constructor(file: string, columns: readonly (keyof Row & string)[], lastStep: number) {
    this.file = file;
    this.columns = columns;
    const kept = lastStep > 0 && fs.existsSync(file) ? completeLines(file).slice(1) : [];
    const rows = kept.filter(
      (line) => line.split(",").length === columns.length && Number.parseInt(line, 10) <= lastStep,
    );
    writeFileAtomic(file, `${[columns.join(","), ...rows].join("\n")}\n`);
  }

  append(row: Row): void {
    appendWhole(this.file, `${this.columns.map((name) => String(row[name])).join(",")}\n`);
  }
}

/** Read a table back; numbers as numbers. */
export function readStepTable<Row>(file: string): Row[] {
  const [header, ...lines] = completeLines(file);
  const columns = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    const entries = columns.map((name, i) => [name, name === "source" ? cells[i] : Number(cells[i])]);
    return Object.fromEntries(entries) as Row;
  });
}

/** Lines that end in a line break. */
function completeLines(file: string): string[] {
  return fs.readFileSync(file, "utf8").split("\n").slice(0, -1);
}
