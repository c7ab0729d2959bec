/**
 * @file Every answer a teacher gave, in a file that is only ever appended to.
 *
 * One JSON object a line, flushed to the disk before the answer is used, so a run that is killed at any moment loses
 * nothing and asks nothing twice. A line that was being written when the power went is dropped when the file is opened.
 * One run at a time: the file is locked while it is open.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { lock } from "proper-lockfile";
import { writeAll } from "../../util/atomic-file";
import { messageOf } from "../../util/check";
import { sha256 } from "../../util/sha256";
import { readLines } from "../../util/text-file";
import { TeacherStopped } from "../teacher";

export interface CachedAnswer {
  /** `answerKey` of everything that was asked. */
  key: string;
  model: string;
  /** The article's id, for readers of the file. */
  article: string;
  text: string;
  finishReason: string | null;
  promptTokens: number;
  completionTokens: number;
}

/** SHA-256 of everything that decides an answer: model, settings, messages with the article in them. */
export function answerKey(asked: object): string {
  return sha256(JSON.stringify(asked));
}

export class AnswerCache {
  readonly file: string;
  private readonly answers: Map<string, CachedAnswer>;
  private readonly fd: number;
  private readonly unlock: () => Promise<void>;
  private size: number; // bytes of the file that hold whole lines

  private constructor(file: string, answers: Map<string, CachedAnswer>, fd: number, unlock: () => Promise<void>) {
    this.file = file;
    this.answers = answers;
    this.fd = fd;
    this.unlock = unlock;
    this.size = fs.fstatSync(fd).size;
  }

  /**
   * Open or begin a cache. Waits a little for the lock of a run that was just killed.
   *
   * @param staleMs - a lock not renewed for so long belongs to a dead run; at least 2000
   * @throws Error if another run has it open, or with file and line if a line in it is not an answer
   */
  static async open(file: string, staleMs = 10_000): Promise<AnswerCache> {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const unlock = await lockFile(file, staleMs);
    try {
      if (fs.existsSync(file)) dropTornLine(file);
      const answers = fs.existsSync(file) ? readAnswers(file) : new Map<string, CachedAnswer>();
      return new AnswerCache(file, answers, fs.openSync(file, "a"), unlock);
    } catch (error) {
      await unlock();
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

  /** Keep an answer. When this returns, it is on the disk. @throws TeacherStopped if it could not be written whole */
  append(answer: CachedAnswer): void {
    const line = Buffer.from(`${JSON.stringify(answer)}\n`, "utf8");
    try {
      writeAll(this.fd, line);
      fs.fdatasyncSync(this.fd);
    } catch (error) {
      fs.truncateSync(this.file, this.size); // no half line for the next run to find
      throw new TeacherStopped(
        `${this.file}: an answer could not be kept (${messageOf(error)}); the answers before it are safe`,
      );
    }
    this.size += line.length;
    this.answers.set(answer.key, answer);
  }

  async close(): Promise<void> {
    fs.closeSync(this.fd);
    await this.unlock();
  }
}

async function lockFile(file: string, staleMs: number): Promise<() => Promise<void>> {
  try {
    return await lock(file, {
      realpath: false,
      stale: staleMs,
      retries: { retries: Math.ceil(staleMs / 500) + 2, minTimeout: 500, factor: 1 },
      onCompromised: () => {}, // a machine that slept: the file is only appended to, so nothing is lost
    });
  } catch (error) {
    if ((error as { code?: string }).code !== "ELOCKED") throw error;
    throw new Error(`${file} is in use by another run; wait for it, or give this one a cache of its own`);
  }
}

/** Cut off what stands after the last newline: a line is whole only with it. */
function dropTornLine(file: string): void {
  const size = fs.statSync(file).size;
  const fd = fs.openSync(file, "r+");
  try {
    const block = Buffer.alloc(1 << 16);
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - block.length);
      const read = fs.readSync(fd, block, 0, end - start, start);
      const newline = block.subarray(0, read).lastIndexOf(10);
      if (newline >= 0) {
        fs.ftruncateSync(fd, start + newline + 1);
        return;
      }
      end = start;
    }
    fs.ftruncateSync(fd, 0);
  } finally {
    fs.closeSync(fd);
  }
}

function readAnswers(file: string): Map<string, CachedAnswer> {
  const answers = new Map<string, CachedAnswer>();
  let line = 0;
  for (const text of readLines(file)) {
    line++;
    if (text === "") continue;
    let answer: CachedAnswer;
    try {
      answer = JSON.parse(text) as CachedAnswer;
    } catch (error) {
      throw new Error(`${file}:${line}: not JSON (${messageOf(error)}); move the file aside to begin a new cache`);
    }
    if (typeof answer?.key !== "string" || typeof answer.text !== "string") {
      throw new Error(`${file}:${line}: want an answer with a key and a text, got ${text.slice(0, 60)}`);
    }
    answers.set(answer.key, answer);
  }
  return answers;
}
