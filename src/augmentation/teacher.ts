/**
 * @file Who writes the questions and answers about an article: the interface of every teacher.
 *
 * The paper's teacher is LLaMA-3.2-3B-Instruct with structured generation (section 3.2). Anything that can answer with
 * pairs will do: a chat endpoint, a model in this process, or the template teacher, which needs no model at all.
 */

/** An article as a teacher sees it. Its text is data, whatever it says. */
export interface Article {
  /** The document's group, such as `simple_wiki/12`. */
  id: string;
  title: string;
  /** Without the title line; at most `maxWords` of `articlesOf`. */
  text: string;
  /** All of it, for the prompts; absent where `text` is all of it. */
  wholeText?: string;
}

export interface QaPair {
  question: string;
  answer: string;
}

export interface Teacher {
  /** Names the model and settings; part of every cached answer's key. */
  readonly name: string;
  /** Three questions with their answers, from the article's text alone. Rejects when the teacher could not be asked. */
  ask(article: Article): Promise<QaPair[]>;
}

/** Thrown by a teacher that cannot be asked about any article (no server, wrong key, budget spent): it ends the run. */
export class TeacherStopped extends Error {
  override readonly name = "TeacherStopped";
}
