/**
 * @file The scores of items, kept as they come, so that a killed run goes on from the items already scored.
 *
 * One file of lines: a header that says what was scored with what, then for each item its index, the summed
 * log-probability of every option and the number of tokens counted in it. The finished file stays: paired comparisons of
 * two models read it.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { appendWhole } from "../util/atomic-file";

/** Scores of one item: one entry per option. */
export interface ItemScores {
  /** Summed log-probability, nats, as float32 gave it. */
  logProbs: number[];
  /** Tokens counted. */
  tokens: number[];
}

export class ScoreJournal {
  private readonly file: string | null;
  private readonly scores = new Map<number, ItemScores>();

  private constructor(file: string | null) {
    this.file = file;
  }

  /** Scores in memory only. */
  static inMemory(): ScoreJournal {
    return new ScoreJournal(null);
  }

  /** A new file, whatever was there. */
  static anew(file: string, fingerprint: string): ScoreJournal {
    fs.rmSync(file, { force: true });
    return ScoreJournal.open(file, fingerprint);
  }

  /**
   * Open the file, and take over what it holds if it was written for the same `fingerprint`; else begin anew. A last line
   * that was cut off is dropped.
   */
  static open(file: string, fingerprint: string): ScoreJournal {
    const journal = new ScoreJournal(file);
    const header = `${JSON.stringify({ fingerprint })}\n`;
    const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    if (!text.startsWith(header)) {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, header);
      return journal;
    }
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) fs.writeFileSync(file, whole);
    for (const line of whole.slice(header.length).split("\n")) {
      if (line === "") continue;
      const [item, scores] = parseLine(line);
      journal.scores.set(item, scores);
    }
    return journal;
  }

  get size(): number {
    return this.scores.size;
  }

  get(item: number): ItemScores | undefined {
    return this.scores.get(item);
  }

  /** Keep the scores of some items; on disk before this returns. @throws Error naming the file when the disk is full */
  add(entries: readonly (readonly [item: number, scores: ItemScores])[]): void {
    for (const [item, scores] of entries) this.scores.set(item, scores);
    if (this.file === null) return;
    const lines = entries.map(([item, s]) => `${JSON.stringify([item, s.logProbs, s.tokens])}\n`).join("");
    appendWhole(this.file, lines, true);
  }
}

/** Read a finished journal. @throws Error if the file is missing or an item is */
export function readItemScores(file: string): ItemScores[] {
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
  const out: ItemScores[] = [];
  for (const line of lines) {
    const [item, scores] = parseLine(line);
    out[item] = scores;
  }
  for (let i = 0; i < out.length; i++) {
    if (out[i] === undefined)
      throw new Error(`${file}: no score of item ${i}; was the run cut off? Run it again first`);
  }
  return out;
}

/** JSON has no minus infinity, the score of an impossible text: it is stored as null. */
function parseLine(line: string): [item: number, scores: ItemScores] {
  const [item, logProbs, tokens] = JSON.parse(line) as [number, (number | null)[], number[]];
  return [item, { logProbs: logProbs.map((v) => v ?? Number.NEGATIVE_INFINITY), tokens }];
}
