/**
 * @file Journal of item scores, written during scoring, so that a killed run resumes after the items already scored.
 *
 * A journal (`util/journal.ts`): a header with the fingerprint of data and model, then for each item its index, the
 * summed log-probability of every option, the number of tokens counted in it, and the line's checksum. The finished
 * file stays: paired comparisons of two models read it.
 */

import * as fs from "node:fs";
import { Journal, readJournal } from "../util/journal";

/** Scores of one item: one entry per option. */
export interface ItemScores {
  /** Summed log-probability, nats, in float32. */
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

  /** A journal in memory only. */
  static inMemory(): ScoreJournal {
    return new ScoreJournal(null);
  }

  /** A new file; an existing one is replaced. */
  static anew(file: string, fingerprint: string): ScoreJournal {
    return new ScoreJournal(Journal.begin(file, headerOf(fingerprint)));
  }

  /**
   * Open the file and keep its scores if its `fingerprint` is the same; else start a new file.
   *
   * @throws Error naming file and line if a line was altered
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

  /**
   * Add the scores of some items; they are on disk when this returns. @throws Error naming the file when the disk is
   * full
   */
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

/** JSON lacks minus infinity (the score of an impossible text), so it is stored as null. */
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
