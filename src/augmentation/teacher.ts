/**
 * @file The interface of a teacher: it writes questions and answers about an article.
 *
 * The paper's teacher is LLaMA-3.2-3B-Instruct with structured generation (section 3.2). A teacher can be a chat
 * endpoint, a model in this process, or the template teacher, which needs no model.
 */

/** An article as given to a teacher. Its text is data: instructions in it are not followed. */
export interface Article {
  /** The document's group, such as `simple_wiki/12`. */
  id: string;
  title: string;
  /** Text without the title line; at most `maxWords` of `articlesOf`. */
  text: string;
  /** The complete text, for the prompts; absent if `text` is complete. */
  wholeText?: string;
}

export interface QaPair {
  question: string;
  answer: string;
}

export interface Teacher {
  /** Names the model and settings; part of every cached answer's key. */
  readonly name: string;
  /** Three questions with answers from the article's text alone. Rejects if the teacher gave no answer. */
  ask(article: Article): Promise<QaPair[]>;
}

/** Thrown by a teacher that cannot answer about any article (no server, wrong key, budget spent); it ends the run. */
export class TeacherStopped extends Error {
  override readonly name = "TeacherStopped";
}
