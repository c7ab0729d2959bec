/**
 * @file Cache of a teacher's answers, in a journal (`util/journal.ts`): one JSON object per line with its checksum.
 *
 * An answer is on disk before it is used, so a killed run loses no answer and requests none twice. The file is locked
 * while it is open: one run at a time.
 */

import * as fs from "node:fs";
import { messageOf } from "../../util/check";
import { Journal } from "../../util/journal";
import { takeLock } from "../../util/lock";
import { sha256 } from "../../util/sha256";
import { TeacherStopped } from "../teacher";

export interface CachedAnswer {
  /** `answerKey` of the request. */
  key: string;
  model: string;
  /** The article's id, for readers of the file. */
  article: string;
  text: string;
  finishReason: string | null;
  promptTokens: number;
  completionTokens: number;
}

/** SHA-256 of everything that determines an answer: model, settings, and messages with the article. */
export function answerKey(asked: object): string {
  return sha256(JSON.stringify(asked));
}

export class AnswerCache {
  readonly file: string;
  private readonly journal: Journal;
  private readonly answers: Map<string, CachedAnswer>;
  private readonly unlock: () => void;

  private constructor(journal: Journal, answers: readonly CachedAnswer[], unlock: () => void) {
    this.file = journal.file;
    this.journal = journal;
    this.answers = new Map(answers.map((answer) => [answer.key, answer]));
    this.unlock = unlock;
  }

  /**
   * Open or create a cache.
   *
   * @throws Error if another run has it open, or, with file and line, if a line was altered
   */
  static open(file: string): AnswerCache {
    const unlock = takeLock(`${file}.lock`, file);
    try {
      if (!fs.existsSync(file)) return new AnswerCache(Journal.begin(file, null), [], unlock);
      const { journal, entries } = Journal.resume(file, null, parseAnswer);
      return new AnswerCache(journal, entries, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Number of answers. */
  get length(): number {
    return this.answers.size;
  }

  get(key: string): CachedAnswer | undefined {
    return this.answers.get(key);
  }

  /** Add an answer. It is on disk when this returns. @throws TeacherStopped if it could not be written whole */
  append(answer: CachedAnswer): void {
    try {
      this.journal.append([JSON.stringify(answer)], true);
    } catch (error) {
      throw new TeacherStopped(`an answer could not be saved: ${messageOf(error)}; the answers before it are safe`);
    }
    this.answers.set(answer.key, answer);
  }

  close(): void {
    this.unlock();
  }
}

function parseAnswer(line: string): CachedAnswer {
  let answer: CachedAnswer;
  try {
    answer = JSON.parse(line) as CachedAnswer;
  } catch (error) {
    throw new Error(`not JSON (${messageOf(error)}); move the file away to start a new cache`);
  }
  if (typeof answer?.key !== "string" || typeof answer.text !== "string" || "check" in answer) {
    throw new Error(`want an answer with a key and a text, got ${line.slice(0, 60)}`);
  }
  return answer;
}
