/**
 * @file The six text sources of the BabyLM strict corpus: names, file names, and document marks.
 *
 * Sizes are the organisers' (Findings of the BabyLM challenge 2025, table 1). The formats below were inferred from
 * the files; the organisers describe them only as "plain text, documents newline separated, not necessarily complete".
 */

import * as fs from "node:fs";
import * as path from "node:path";

export const CORPUS_SOURCES = [
  "childes",
  "bnc_spoken",
  "gutenberg",
  "open_subtitles",
  "simple_wiki",
  "switchboard",
] as const;

export type CorpusSource = (typeof CORPUS_SOURCES)[number];

export interface SourceFormat {
  readonly title: string;
  /** Words in the 100M-word strict corpus, in millions, as the organisers give them. */
  readonly strictMillionWords: number;
  /** Lines carry a speaker (`*CHI:\t...` in CHILDES, `A:\t...` in Switchboard). */
  readonly dialogue: boolean;
  /**
   * What a blank line means: the end of a document, the end of a paragraph, or the end of a document once it holds a
   * hundred words (transcripts in which blank lines also separate scenes of a few words).
   */
  readonly blankLine: "document" | "document-if-long" | "paragraph";
  /** Lines may be hard-wrapped at about 70 characters, as in Project Gutenberg's plain text. */
  readonly hardWrapped: boolean;
}

/**
 * In all sources a heading line may also start a document: `= = = Title = = =` (an article), `= = = PG12345 = = =` (a
 * book) or `= = = childes/.../000623c.cha = = =` (a transcript).
 */
export const SOURCE_FORMATS: Readonly<Record<CorpusSource, SourceFormat>> = {
  childes: {
    title: "CHILDES, child-directed speech",
    strictMillionWords: 29,
    dialogue: true,
    blankLine: "document",
    hardWrapped: false,
  },
  bnc_spoken: {
    title: "British National Corpus, dialogue",
    strictMillionWords: 8,
    dialogue: false,
    blankLine: "document-if-long",
    hardWrapped: false,
  },
  gutenberg: {
    title: "Project Gutenberg, written English",
    strictMillionWords: 26,
    dialogue: false,
    blankLine: "paragraph",
    hardWrapped: true,
  },
  open_subtitles: {
    title: "OpenSubtitles, film dialogue",
    strictMillionWords: 20,
    dialogue: false,
    blankLine: "document-if-long",
    hardWrapped: false,
  },
  simple_wiki: {
    title: "Simple English Wikipedia",
    strictMillionWords: 15,
    dialogue: false,
    blankLine: "paragraph",
    hardWrapped: false,
  },
  switchboard: {
    title: "Switchboard, telephone conversations",
    strictMillionWords: 1,
    dialogue: true,
    blankLine: "document",
    hardWrapped: false,
  },
};

/** Endings under which the organisers and their mirrors have published the same text, in order of preference. */
const FILE_ENDINGS = [".train", ".train.txt", ".txt", ".dev", ".dev.txt", ".test", ".test.txt"];

/** The file of one source in a folder of BabyLM text, or null where it is absent. */
export function sourceFile(textFolder: string, source: CorpusSource): string | null {
  for (const ending of FILE_ENDINGS) {
    const file = path.join(textFolder, source + ending);
    if (fs.existsSync(file)) return file;
  }
  return null;
}
