/** @file Selects the Simple Wikipedia articles that a teacher is asked about. */

import type { CorpusDocument } from "../corpus/load-corpus";
import { countWords } from "../util/text-file";
import { splitSentences } from "./sentences";
import type { Article } from "./teacher";

export interface ArticleOptions {
  /**
   * The teacher reads an article up to the sentence that reaches this number of words. Default 600 [ours; not in the
   * paper].
   */
  maxWords?: number;
  /** Articles with fewer sentences are skipped: they cannot give three different answers. Default 3 [ours]. */
  minSentences?: number;
}

export interface ArticleSelection {
  articles: Article[];
  skipped: { untitled: number; tooShort: number; laterParts: number };
}

const DEFAULTS = { maxWords: 600, minSentences: 3 };

/** Documents of other sources are ignored. */
export function articlesOf(documents: Iterable<CorpusDocument>, options: ArticleOptions = {}): ArticleSelection {
  const { maxWords, minSentences } = { ...DEFAULTS, ...options };
  const articles: Article[] = [];
  const skipped = { untitled: 0, tooShort: 0, laterParts: 0 };
  const byGroup = new Map<string, Article | null>(); // null: skipped as too short
  for (const document of documents) {
    if (document.source !== "simple_wiki") continue;
    if (document.title === null || document.title === "") skipped.untitled++;
    else if (byGroup.has(document.group)) {
      skipped.laterParts++; // the teacher does not read this part; prompts contain it
      const article = byGroup.get(document.group);
      const part = withoutTitle(document.text, document.title);
      if (article) article.wholeText = `${article.wholeText ?? article.text}\n${part}`;
    } else {
      const wholeText = withoutTitle(document.text, document.title);
      const text = firstWords(wholeText, maxWords);
      const sentences = splitSentences(text).filter((sentence) => countWords(sentence) > 2);
      const article: Article = { id: document.group, title: document.title, text };
      if (text !== wholeText) article.wholeText = wholeText;
      if (sentences.length < minSentences) skipped.tooShort++;
      else articles.push(article);
      byGroup.set(document.group, sentences.length < minSentences ? null : article);
    }
  }
  return { articles, skipped };
}

function withoutTitle(text: string, title: string): string {
  return text.startsWith(`${title}\n`) ? text.slice(title.length + 1) : text;
}

/** Whole sentences up to the one that reaches `maxWords`, with paragraphs kept. */
function firstWords(text: string, maxWords: number): string {
  if (countWords(text) <= maxWords) return text;
  const paragraphs: string[] = [];
  let words = 0;
  for (const paragraph of text.split("\n")) {
    const sentences: string[] = [];
    for (const sentence of splitSentences(paragraph)) {
      if (words >= maxWords) break;
      sentences.push(sentence);
      words += countWords(sentence);
    }
    if (sentences.length > 0) paragraphs.push(sentences.join(" "));
    if (words >= maxWords) break;
  }
  return paragraphs.join("\n");
}
