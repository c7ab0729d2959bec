/**
 * @file The content of a prompt about a Simple Wikipedia article: the article, the question, or both.
 *
 * The paper does not say. Its figure 1 shows wiki prompts of up to 5,800 words, so they contain the article [poster].
 * `prompt-lengths.ts` measures which form fits the figure best; that form is `DEFAULT_PROMPT_FORM`.
 */

import { countWords } from "../util/text-file";
import { splitSentences } from "./sentences";
import type { Article } from "./teacher";
import { VALIDATION_RULES } from "./validate";

export const PROMPT_FORMS = ["article-and-question", "article", "question"] as const;
export type PromptForm = (typeof PROMPT_FORMS)[number];

/** The form whose lengths are nearest to the poster's figure 1 (recovered, not known; data/paper/prompt-forms.json). */
export const DEFAULT_PROMPT_FORM: PromptForm = "article-and-question";

/** The whole article (not only the part that the teacher reads), then the question on its own line. */
export function wikiPrompt(article: Article, question: string, form: PromptForm): string {
  const text = article.wholeText ?? article.text;
  if (form === "question") return question;
  return form === "article" ? text : `${text}\n${question}`;
}

/** A wiki prompt in two parts: the prompt is `article + question`; either may be empty. */
export interface PromptParts {
  article: string;
  question: string;
}

/**
 * Split a prompt of any instruction set (ours or the published one) into article and question. The question is the last
 * line if it ends in a question mark and is short enough, else the last sentence if it ends in one. The rest is the
 * article.
 *
 * @example
 * splitWikiPrompt("Cows eat grass. They give milk.\nWhat do cows eat?");
 * // => { article: "Cows eat grass. They give milk.", question: "\nWhat do cows eat?" }
 */
export function splitWikiPrompt(prompt: string): PromptParts {
  if (!prompt.trimEnd().endsWith("?")) return { article: prompt, question: "" };
  const lineBreak = prompt.trimEnd().lastIndexOf("\n");
  const lastLine = prompt.slice(lineBreak + 1);
  let start = Math.max(0, lineBreak);
  if (countWords(lastLine) > VALIDATION_RULES.maxQuestionWords) {
    const sentences = splitSentences(lastLine);
    const last = sentences[sentences.length - 1];
    if (countWords(last) > VALIDATION_RULES.maxQuestionWords) return { article: prompt, question: "" };
    start = prompt.lastIndexOf(last);
  }
  return { article: prompt.slice(0, start), question: prompt.slice(start) };
}
