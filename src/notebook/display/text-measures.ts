/**
 * @file Simple measures of a list of texts (length, questions, repetition, vocabulary), to compare conversations and
 * lectures.
 */

import { countWords } from "../../util/text-file";

export interface TextMeasures {
  "words per text": number;
  "letters per word": number;
  /** Number of different words among the first 1,000, lower-cased and without punctuation. */
  "different words in 1,000": number;
  "share that ask": number;
  /** Words that occur more than once within one text. */
  "share of repeated words": number;
  "share of words of three letters or fewer": number;
}

/** @throws RangeError if there is no word in the texts */
export function textMeasures(texts: readonly string[]): TextMeasures {
  const words = texts.flatMap(wordsOf);
  if (words.length === 0) throw new RangeError(`textMeasures: no word in ${texts.length} texts`);
  const share = (n: number, of: number) => n / of;
  const repeated = texts.reduce((sum, text) => sum + wordsOf(text).length - new Set(wordsOf(text)).size, 0);
  const sample = words.slice(0, 1000);
  return {
    "words per text": texts.reduce((sum, text) => sum + countWords(text), 0) / texts.length,
    "letters per word": words.reduce((sum, word) => sum + word.length, 0) / words.length,
    "different words in 1,000": (1000 * new Set(sample).size) / sample.length,
    "share that ask": share(texts.filter((text) => text.includes("?")).length, texts.length),
    "share of repeated words": share(repeated, words.length),
    "share of words of three letters or fewer": share(words.filter((w) => w.length <= 3).length, words.length),
  };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}'’-]+/gu) ?? [];
}
