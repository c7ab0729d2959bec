/**
 * @file The paper's text cleaning in small steps, with counts per step.
 *
 * The paper (section 3) says: "special characters" were removed from the ~100M-word corpus and entries of two words or
 * fewer dropped, which left ~91M words. It does not say which characters, nor what an entry is. Ours: an entry is a line
 * (an utterance, a subtitle, a paragraph), its speaker label not counted; the steps and character classes are below.
 */

import { decodeHTMLStrict } from "entities";
import { classSource } from "../util/unicode";
import type { CorpusSource } from "./sources";
import { formatUtterance, parseUtterance, type Utterance } from "./turns";

/** A cleaning step. It maps an entry's text to the cleaned text, or to null to drop the entry. */
export interface CleaningStep {
  readonly name: string;
  /** Description for the report. */
  readonly does: string;
  readonly apply: (text: string, source: CorpusSource) => string | null;
}

export interface CleaningOptions {
  /** Entries of at most this many words are dropped. 2 [paper §3]; 0 keeps all that are not empty. */
  dropUpToWords?: number;
}

/** Effect of one step on one source. */
export interface StepCount {
  step: string;
  does: string;
  /** Entries whose text it changed. */
  changed: number;
  dropped: number;
  droppedWords: number;
  /** Words removed from changed entries, without dropped entries; negative where a step adds words. */
  removedWords: number;
}

/** Counts of a step, all zero. */
export function zeroCount(step: string, does: string): StepCount {
  return { step, does, changed: 0, dropped: 0, droppedWords: 0, removedWords: 0 };
}

/** The steps in order. */
const CLEANING_STEPS: readonly CleaningStep[] = [
  {
    name: "tiers",
    does: "drop CHAT annotation tiers (%add: ...) from CHILDES",
    apply: (text, source) => (source === "childes" && /^%[a-z]{3,4}:/.test(text) ? null : text),
  },
  {
    name: "typography",
    does: "Unicode NFC; curly quotes, long dashes, ellipses and odd blanks to their ASCII forms",
    apply: normalizeTypography,
  },
  {
    name: "markup",
    does: "decode HTML entities, remove tags and subtitle codes, remove [annotations] from transcripts and subtitles",
    apply: removeAllMarkup,
  },
  {
    name: "special-characters",
    does: "keep letters, marks, digits and . , ; : ! ? ' \" ( ) - / & % $ £ €; others become blanks; no dash before a subtitle, no empty ()",
    apply: removeSpecialCharacters,
  },
  {
    name: "white-space",
    does: "runs of white space become one blank; none at the ends or before . , ; : ! ?; an empty entry is dropped",
    apply: squeezeWhiteSpace,
  },
];

const SHORT_ENTRIES = "short-entries";
const DROP_UP_TO_WORDS = 2; // [paper §3]

/** Cleans entries one by one and counts; one instance per source. */
export class Cleaner {
  readonly counts: StepCount[];
  private readonly source: CorpusSource;
  private readonly dropUpToWords: number;
  private readonly hasSpeakers: boolean;

  constructor(source: CorpusSource, options: CleaningOptions = {}) {
    this.source = source;
    this.dropUpToWords = options.dropUpToWords ?? DROP_UP_TO_WORDS;
    this.hasSpeakers = source === "childes" || source === "switchboard";
    this.counts = CLEANING_STEPS.map(({ name, does }) => zeroCount(name, does));
    this.counts.push(
      zeroCount(SHORT_ENTRIES, `drop entries of at most ${this.dropUpToWords} words, the speaker not counted`),
    );
  }

  /** The cleaned entry as text, or null if it was dropped. */
  clean(entry: string): string | null {
    const utterance = this.cleanCharacters(this.parse(entry));
    return utterance === null || this.dropShort(utterance) ? null : formatUtterance(utterance);
  }

  parse(entry: string): Utterance {
    return this.hasSpeakers ? parseUtterance(entry) : { speaker: null, text: entry };
  }

  /** All steps but the last. Null if a step dropped the entry. */
  cleanCharacters({ speaker, text: raw }: Utterance): Utterance | null {
    let text = raw;
    for (let i = 0; i < CLEANING_STEPS.length; i++) {
      const next = CLEANING_STEPS[i].apply(text, this.source);
      if (next === null) {
        this.countDropped(i, { speaker, text });
        return null;
      }
      if (next !== text) {
        this.counts[i].changed++;
        this.counts[i].removedWords += countWordsFast(text) - countWordsFast(next);
      }
      text = next;
    }
    return { speaker, text };
  }

  /** The last step: count and report whether this entry is too short to keep. */
  dropShort(utterance: Utterance): boolean {
    if (countWordsFast(utterance.text) > this.dropUpToWords) return false;
    this.countDropped(CLEANING_STEPS.length, utterance);
    return true;
  }

  private countDropped(step: number, { speaker, text }: Utterance): void {
    this.counts[step].dropped++;
    this.counts[step].droppedWords += countWordsFast(text) + (speaker === null ? 0 : 1);
  }
}

/** Markup may be nested ("&amp;lt;", "[a [b] c]"): repeat until nothing changes, at most eight times. */
function removeAllMarkup(text: string, source: CorpusSource): string {
  let out = text;
  for (let pass = 0; pass < 8; pass++) {
    const next = removeMarkup(out, source);
    if (next === out) break;
    out = normalizeTypography(next); // of decoded entities
  }
  return out;
}

function removeMarkup(text: string, source: CorpusSource): string {
  let out = text;
  if (out.includes("&")) out = decodeHTMLStrict(out); // all named entities of HTML that end with a semicolon
  if (out.includes("<")) out = out.replace(/<\/?[a-zA-Z][^<>]{0,200}>/g, " ");
  if (source === "open_subtitles" && out.includes("{")) out = out.replace(/\{[^{}]{0,100}\}/g, " ");
  const hasAnnotations = source === "childes" || source === "open_subtitles" || source === "switchboard";
  if (hasAnnotations && out.includes("[")) out = out.replace(/\s*\[[^[\]]{0,200}\]/g, "");
  return out;
}

const TYPOGRAPHIC: Readonly<Record<string, string>> = {
  "‘": "'",
  "’": "'",
  "‚": "'",
  "‛": "'",
  "′": "'",
  "`": "'",
  "´": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "‟": '"',
  "″": '"',
  "«": '"',
  "»": '"',
  "‐": "-",
  "‑": "-",
  "‒": "-",
  "–": "-",
  "—": "-",
  "―": "-",
  "−": "-",
  "…": "...",
};
const TYPOGRAPHIC_CHARACTERS = new RegExp(`[${Object.keys(TYPOGRAPHIC).join("")}]`, "g");

// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern tests for ASCII
const ONLY_ASCII = /^[\x00-\x7f]*$/;

function normalizeTypography(text: string): string {
  if (ONLY_ASCII.test(text)) return text.includes("`") ? text.replaceAll("`", "'") : text;
  return text
    .normalize("NFC")
    .replace(TYPOGRAPHIC_CHARACTERS, (character) => TYPOGRAPHIC[character])
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2028\u2029\u0085]/g, " ")
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g, ""); // remove soft hyphens and zero-width characters
}

const SPECIAL_ASCII = /[^A-Za-z0-9 .,;:!?'"()\-/&%$]/g;
const SPECIAL = new RegExp(`[^${classSource("L", "M", "N")} .,;:!?'"()\\-/&%$£€]`, "gu");

function removeSpecialCharacters(text: string, source: CorpusSource): string {
  let out = ONLY_ASCII.test(text) ? text.replace(SPECIAL_ASCII, " ") : text.replace(SPECIAL, " ");
  if (source === "open_subtitles") out = out.replace(/^(?:\s*-+)+\s*/, ""); // the dash of a second speaker
  if (source === "simple_wiki" && out.includes("(")) {
    // left by removed templates: "()", "(; born 1933)"
    out = out.replace(/ ?\([\s,;]*\)/g, "").replace(/\([\s,;]+/g, "(");
  }
  return out;
}

const BLANK_BEFORE_POINT = / [.,;:!?](?: |$)/;

function squeezeWhiteSpace(text: string): string | null {
  let out = text.includes("  ") || text.includes("\t") ? text.replace(/\s+/g, " ").trim() : text.trim();
  if (BLANK_BEFORE_POINT.test(out)) out = out.replace(/ ([.,;:!?])(?= |$)/g, "$1"); // left by removed characters
  return out === "" ? null : out;
}

/** The same number as `countWords` (runs of non-white-space), without creating an array. */
export function countWordsFast(text: string): number {
  let words = 0;
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const isBlank = c <= 32 ? c === 32 || (c >= 9 && c <= 13) : c === 0xa0 || (c >= 0x1680 && isWideBlank(c));
    if (!isBlank && !inWord) words++;
    inWord = !isBlank;
  }
  return words;
}

function isWideBlank(c: number): boolean {
  return (
    c === 0x1680 ||
    (c >= 0x2000 && c <= 0x200a) ||
    c === 0x2028 ||
    c === 0x2029 ||
    c === 0x202f ||
    c === 0x205f ||
    c === 0x3000 ||
    c === 0xfeff
  );
}
