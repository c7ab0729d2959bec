/** @file Ask a teacher about many articles, several at a time, and validate its answers. */

import { messageOf } from "../util/check";
import { mapInParallel } from "../util/pool";
import { type Article, type QaPair, type Teacher, TeacherStopped } from "./teacher";
import { type Rejection, type ValidationRules, validatePairs } from "./validate";

/** The teacher's pairs for one article, after validation. */
export interface Lesson {
  article: Article;
  accepted: QaPair[];
  rejected: Rejection[];
}

export interface AskOptions extends ValidationRules {
  /** Number of articles sent to the teacher at the same time. Default 1. */
  concurrency?: number;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Ask a teacher about every article and validate its answers. The lessons are in the order of the articles.
 *
 * A teacher that fails on an article loses that article only (rejection `teacher-failed`); the run continues.
 *
 * @throws TeacherStopped if the teacher can no longer be asked; its earlier answers are in its cache
 */
export async function askTeacher(
  teacher: Teacher,
  articles: readonly Article[],
  { concurrency = 1, onProgress, ...rules }: AskOptions = {},
): Promise<Lesson[]> {
  let done = 0;
  // after a failure, wait for the running requests: their answers are paid for and go to the cache
  return mapInParallel(articles, concurrency, async (article) => {
    const lesson = await askOne(teacher, article, rules);
    onProgress?.(++done, articles.length);
    return lesson;
  });
}

async function askOne(teacher: Teacher, article: Article, rules: ValidationRules): Promise<Lesson> {
  let answer: unknown;
  try {
    answer = await teacher.ask(article);
  } catch (error) {
    if (error instanceof TeacherStopped) throw error;
    return { article, accepted: [], rejected: [{ reason: "teacher-failed", detail: messageOf(error), pair: null }] };
  }
  return { article, ...validatePairs(answer, article, rules) };
}
