/**
 * @file Group the lines of a BabyLM text file into documents: articles, books, transcripts, conversations.
 *
 * The first rule that matches applies [ours; the organisers publish no document index]:
 * 1. A heading line (`= = = Title = = =`, surrounding spaces allowed) starts a document.
 * 2. In sources with blank lines between documents (`sources.ts`), a blank line ends a document without a heading.
 * 3. In Switchboard text without blank lines, a conversation ends after its farewells ("Bye." "Bye-bye.").
 * 4. A document that reaches its maximum length is cut at the next line. Parts of a document with a heading share its
 *    `group`, so that a split keeps a book or an article together; parts of unmarked text are separate documents.
 */

import { countWordsFast } from "./clean-text";
import { type CorpusSource, SOURCE_FORMATS } from "./sources";
import { parseUtterance } from "./turns";

export interface RawDocument {
  source: CorpusSource;
  /** `simple_wiki/12`, or `gutenberg/3.2` for the second part of the third document. */
  id: string;
  /** Documents with the same group stay together in a split: the id without the part number. */
  group: string;
  title: string | null;
  /** Lines as in the file; an empty string is a paragraph break. At least one line is not empty. */
  lines: string[];
}

export interface DocumentOptions {
  /** Maximum length of a document without a heading, in words. */
  maxUnmarkedWords?: number;
  /** Maximum length of a part of a document with a heading, in words. */
  maxMarkedWords?: number;
}

const DEFAULTS = {
  maxUnmarkedWords: 2_000, // [ours] fine enough for a 90/10 split of a small corpus
  maxMarkedWords: 4_000, //   [ours] about the models' longest sequence of 6,000 tokens
};
/** Under `blankLine: "document-if-long"` a blank line ends a document that has this many words. */
const LONG_WORDS = 100;

const HEADING = /^(?:= )+(.*?)(?: =)+$/;
const FAREWELL = /^\W*(?:good[- ]?)?bye(?:[- ]?bye)?(?:[- ,]+now)?\W*$/i;
/** After a farewell, the first line longer than this opens the next conversation ("Thank you." does not). */
const AFTER_FAREWELL_WORDS = 3;

/** The title of a heading line (possibly empty), or null. Surrounding spaces are ignored, because WikiText has them. */
export function headingTitle(line: string): string | null {
  const text = line.trim();
  if (text.charCodeAt(0) !== 61 /* = */) return null;
  return HEADING.exec(text)?.[1].trim() ?? null;
}

/** Stream the documents of one source. */
export function* toDocuments(
  source: CorpusSource,
  lines: Iterable<string>,
  options: DocumentOptions = {},
): Generator<RawDocument> {
  const { maxUnmarkedWords, maxMarkedWords } = { ...DEFAULTS, ...options };
  const { blankLine } = SOURCE_FORMATS[source];
  let number = 0; // of the document in the file
  let part = 0; //   0 until the document is cut
  let title: string | null = null;
  let words = 0;
  let held: string[] = [];
  let sawMarks = false; // a heading or a blank line was found, so farewells are not used
  let saidFarewell = false;

  const take = (): RawDocument | null => {
    while (held.length > 0 && held[held.length - 1] === "") held.pop();
    if (held.length === 0) return null;
    if (part <= 1) number++;
    const group = `${source}/${number}`;
    const document = { source, id: part > 0 ? `${group}.${part}` : group, group, title, lines: held };
    held = [];
    words = 0;
    return document;
  };
  const end = (): RawDocument | null => {
    const document = take();
    part = 0;
    saidFarewell = false;
    return document;
  };

  for (const line of lines) {
    const heading = headingTitle(line);
    if (heading !== null) {
      const document = end();
      if (document !== null) yield document;
      title = heading;
      sawMarks = true;
      continue;
    }
    if (line.trim() === "") {
      sawMarks = true;
      const endsHere =
        title === null && (blankLine === "document" || (blankLine === "document-if-long" && words >= LONG_WORDS));
      if (endsHere) {
        const document = end();
        if (document !== null) yield document;
      } else if (held.length > 0 && held[held.length - 1] !== "") held.push("");
      continue;
    }
    if (source === "switchboard" && !sawMarks) {
      const { text } = parseUtterance(line);
      if (FAREWELL.test(text)) saidFarewell = true;
      else if (saidFarewell && countWordsFast(text) > AFTER_FAREWELL_WORDS) {
        const document = end();
        if (document !== null) yield document;
      }
    }
    const limit = title === null ? maxUnmarkedWords : maxMarkedWords;
    if (words >= limit) {
      if (title !== null) part = Math.max(part, 1);
      const document = title === null ? end() : take();
      if (document !== null) yield document;
      if (title !== null) part++;
    }
    held.push(line);
    words += countWordsFast(line);
  }
  const document = end();
  if (document !== null) yield document;
}
