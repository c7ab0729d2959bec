/**
 * @file `losses.csv` and `validation.csv`: one row per update or validation, truncated to the checkpoint on resume.
 * Each row carries a checksum in the column `check` (`util/journal.ts`).
 */

import { checksumOf, Journal, readJournal } from "../util/journal";

/** One update. */
export interface LossRow {
  step: number;
  epoch: number;
  /** Words seen so far in this stage. */
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
  /** Number of tokens of the mean. */
  tokens: number;
}

/** Columns of `losses.csv` and of `validation.csv`. */
export const LOSS_COLUMNS = ["step", "epoch", "words", "tokens", "learningRate", "lossNats", "gradNorm"] as const;
export const VALIDATION_COLUMNS = ["step", "epoch", "words", "source", "lossNats", "tokens"] as const;

/** An append-only table whose first column is the step. */
export class StepTable<Row extends { step: number }> {
  private readonly journal: Journal;
  private readonly columns: readonly (keyof Row & string)[];

  /**
   * Start the table at step 0, else continue it after step `lastStep`. Later rows, and a last row cut short by a kill,
   * are removed.
   *
   * @param checksum - the result of `flush` at `lastStep`; undefined for a checkpoint that does not have it
   * @throws Error naming file and line if the table is missing, has other columns or was altered
   */
  constructor(file: string, columns: readonly (keyof Row & string)[], lastStep: number, checksum?: string) {
    this.columns = columns;
    const header = columns.join(",");
    const rows = lastStep > 0 ? readJournal(file, header, (line) => checked(line, columns)) : [];
    const kept = rows.filter((line) => Number.parseInt(line, 10) <= lastStep);
    if (lastStep > 0 && checksum !== undefined && checksumOf(header, kept) !== checksum) {
      throw new Error(
        `${file}: is not the table of the checkpoint at step ${lastStep}: rows up to it are missing or were changed; put ` +
          `the file back, or delete the newest checkpoint folder beside it to resume from the one before`,
      );
    }
    this.journal = Journal.begin(file, header, kept);
  }

  append(row: Row): void {
    this.journal.append([this.columns.map((name) => String(row[name])).join(",")]);
  }

  /** Checksum of all rows so far. */
  get checksum(): string {
    return this.journal.checksum;
  }

  /** Write the rows to disk. @returns the checksum of all rows so far */
  flush(): string {
    return this.journal.flush();
  }
}

/** Read a table; numeric cells become numbers. */
export function readStepTable<Row>(file: string, columns: readonly (keyof Row & string)[]): Row[] {
  return readJournal(file, columns.join(","), (line) => {
    const cells = checked(line, columns).split(",");
    const entries = columns.map((name, i) => [name, name === "source" ? cells[i] : Number(cells[i])]);
    return Object.fromEntries(entries) as Row;
  });
}

function checked(line: string, columns: readonly string[]): string {
  const cells = line.split(",").length;
  if (cells !== columns.length) throw new Error(`want ${columns.length} cells, got ${cells}`);
  return line;
}
