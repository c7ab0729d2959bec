/**
 * @file The scores of items, written as they come, so that a killed run resumes from the items already scored.
 *
 * A journal (`util/journal.ts`): a header with the fingerprint of what was scored with what, then for each item its index,
 * the summed log-probability of every option, the number of tokens counted in it, and the line's checksum. The finished
 * file stays: paired comparisons of two models read it.
 */

import * as fs from "node:fs";
import { Journal, readJournal } from "../util/journal";

/** Scores of one item: one entry per option. */
export interface ItemScores {
  /** Summed log-probability, nats, as float32 gave it. */
  logProbs: number[];
  /** Tokens counted. */
  tokens: number[];
}

export class ScoreJournal {
  private readonly journal: Journal | null;
  private readonly scores: Map<number, ItemScores>;

  private constructor(journal: Journal | null, entries: readonly (readonly [number, ItemScores])[] = []) {
    this.journal = journal;
    this.scores = new Map(entries);
  }

  /** Scores in memory only. */
  static inMemory(): ScoreJournal {
    return new ScoreJournal(null);
  }

  /** A new file, whatever was there. */
  static anew(file: string, fingerprint: string): ScoreJournal {
    return new ScoreJournal(Journal.begin(file, headerOf(fingerprint)));
  }

  /**
   * Open the file, and take over what it holds if it was written for the same `fingerprint`; else begin anew.
   *
   * @throws Error naming file and line if a line is not what was written
   */
  static open(file: string, fingerprint: string): ScoreJournal {
    const header = headerOf(fingerprint);
    if (!beginsWith(file, `${header}\n`)) return ScoreJournal.anew(file, fingerprint);
    const { journal, entries } = Journal.resume(file, header, parseLine);
    return new ScoreJournal(journal, entries);
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
    const lines = entries.map(([item, s]) => JSON.stringify([item, s.logProbs, s.tokens]));
    this.journal?.append(lines, true);
  }
}

/** Read a finished journal. @throws Error naming the file if it is missing or altered, or a score is missing */
export function readItemScores(file: string): ItemScores[] {
  const out: ItemScores[] = [];
  for (const [item, scores] of readJournal(file, /^\{"fingerprint":"[^"]*"\}$/, parseLine)) out[item] = scores;
  for (let i = 0; i < out.length; i++) {
    if (out[i] === undefined)
      throw new Error(`${file}: no score of item ${i}; was the run cut off? Run it again first`);
  }
  return out;
}

const headerOf = (fingerprint: string): string => JSON.stringify({ fingerprint });

function beginsWith(file: string, text: string): boolean {
  if (!fs.existsSync(file)) return false;
  const bytes = Buffer.alloc(Buffer.byteLength(text));
  const fd = fs.openSync(file, "r");
  try {
    fs.readSync(fd, bytes, 0, bytes.length, 0);
  } finally {
    fs.closeSync(fd);
  }
  return bytes.toString("utf8") === text;
}

/** JSON has no minus infinity, the score of an impossible text: it is stored as null. */
function parseLine(line: string): [item: number, scores: ItemScores] {
  const parsed = JSON.parse(line) as [number, (number | null)[], number[]];
  const [item, logProbs, tokens] = parsed;
  const isScore =
    parsed.length === 3 &&
    Number.isInteger(item) &&
    item >= 0 &&
    Array.isArray(logProbs) &&
    Array.isArray(tokens) &&
    tokens.length === logProbs.length &&
    logProbs.every((v) => v === null || typeof v === "number") &&
    tokens.every((v) => Number.isInteger(v) && v >= 0);
  if (!isScore) throw new Error(`want an item, its log-probabilities and its tokens, got ${line.slice(0, 60)}`);
  return [item, { logProbs: logProbs.map((v) => v ?? Number.NEGATIVE_INFINITY), tokens }];
}
