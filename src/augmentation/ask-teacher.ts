/** @file Asking a teacher about many articles, several at a time, and checking what it answers. */

import { messageOf } from "../util/check";
import { mapInParallel } from "../util/pool";
import { type Article, type QaPair, type Teacher, TeacherStopped } from "./teacher";
import { type Rejection, type ValidationRules, validatePairs } from "./validate";

/** What became of one article. */
export interface Lesson {
  article: Article;
  accepted: QaPair[];
  rejected: Rejection[];
}

export interface AskOptions extends ValidationRules {
  /** Articles asked about at the same time. Default 1. */
  concurrency?: number;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Ask a teacher about every article and check what it answers. The lessons come in the order of the articles, whatever
 * the order of the answers.
 *
 * A teacher that fails on an article costs that article (a rejection `teacher-failed`), not the run.
 *
 * @throws TeacherStopped if the teacher can no longer be asked; what it answered before is in its cache
 */
export async function askTeacher(
  teacher: Teacher,
  articles: readonly Article[],
  { concurrency = 1, onProgress, ...rules }: AskOptions = {},
): Promise<Lesson[]> {
  let done = 0;
  // after a failure the answers under way are awaited: they are paid for
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
