/** @file Splits English text into sentences, well enough for encyclopaedia articles. */

/** A full stop after one of these, or after a single capital letter, does not end a sentence. */
const ABBREVIATIONS =
  /(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Prof|Rev|Sr|Jr|Gen|Col|Lt|Sgt|Capt|Gov|Sen|vs|etc|No|Vol|pp?|ca|cf|e\.g|i\.e|approx|Inc|Ltd|Co|Corp|Mt|Ft|Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\.$/;
const INITIALS = /(?:^|[\s(])(?:[A-Za-z]\.){2,}$/; // U.S., a.m.
const END = /[.!?]+["')]*\s+(?=["'(]?[A-Z0-9])/g;

/**
 * @example
 * splitSentences("Dr. Lee was born in 1920. He wrote books."); // => ["Dr. Lee was born in 1920.", "He wrote books."]
 */
export function splitSentences(text: string): string[] {
  const sentences: string[] = [];
  for (const line of text.split("\n")) {
    let start = 0;
    for (const match of line.matchAll(END)) {
      const end = match.index + match[0].trimEnd().length;
      const candidate = line.slice(start, end);
      if (ABBREVIATIONS.test(candidate) || INITIALS.test(candidate)) continue;
      sentences.push(candidate.trim());
      start = end;
    }
    const rest = line.slice(start).trim();
    if (rest !== "") sentences.push(rest);
  }
  return sentences;
}
