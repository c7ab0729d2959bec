/** @file Normalizers of tokenizer.json, applied to the text before pre-tokenization. */

import { brief } from "../util/check";

import { holds, lowercaseOf, rangesOf, WHITE_SPACE_SOURCE } from "../util/unicode";
import { COMBINING_MARKS, NORMALIZED } from "../util/unicode-tables";
import type { AlignedText, Change } from "./aligned-text";
import { field, type Json, kindOf, malformed, unsupported } from "./json-part";
import { fromOniguruma, literalPattern } from "./oniguruma";

export type Normalizer = (text: AlignedText) => AlignedText;

/** Build the normalizer that a tokenizer.json describes. @throws Error naming a normalizer that is not supported */
export function readNormalizer(json: Json): Normalizer {
  const type = kindOf(json, "normalizer");
  switch (type) {
    case "Sequence": {
      const parts = field<Json[]>(json, "normalizers", Array.isArray, "an array").map(readNormalizer);
      return (text) => parts.reduce((t, normalize) => normalize(t), text);
    }
    case "NFC":
    case "NFKC":
    case "NFD":
    case "NFKD":
      return (text) => unicodeNormalize(text, type);
    case "Lowercase":
      return lowercase;
    case "Prepend": {
      const prefix = field<string>(json, "prepend", isString, "a string");
      return (text) => text.prepend(prefix);
    }
    case "Replace": {
      const pattern = readPattern(json);
      const content = field<string>(json, "content", isString, "a string");
      return (text) => text.replace(pattern, content);
    }
    case "Strip": {
      const left = json.strip_left === true;
      const right = json.strip_right === true;
      return (text) => strip(text, left, right);
    }
    case "StripAccents":
      return (text) => keepOnly(text, (char) => !holds(COMBINING, char.codePointAt(0)!));
    default:
      return unsupported("normalizer", type, [
        "Sequence",
        "NFC",
        "NFKC",
        "NFD",
        "NFKD",
        "Lowercase",
        "Prepend",
        "Replace",
        "Strip",
        "StripAccents",
      ]);
  }
}

/** The `pattern` of a Replace or Split: `{"String": ...}` or `{"Regex": ...}`. */
export function readPattern(json: Json): RegExp {
  const pattern = json.pattern as Json | string | undefined;
  if (typeof pattern === "string") return literalPattern(pattern);
  if (typeof pattern?.String === "string") return literalPattern(pattern.String);
  if (typeof pattern?.Regex === "string") return fromOniguruma(pattern.Regex);
  return malformed(`a ${json.type} wants a pattern {"String": ...} or {"Regex": ...}, got ${brief(pattern)}`);
}

const COMBINING = rangesOf(COMBINING_MARKS);
const SPACE = new RegExp(`[${WHITE_SPACE_SOURCE}]`, "u");
const isString = (value: unknown): value is string => typeof value === "string";

/** Character by character, so without the rule for a final sigma; "İ" becomes two characters. */
function lowercase(text: AlignedText): AlignedText {
  const changes: Change[] = [];
  for (const char of text.chars) [...lowercaseOf(char)].forEach((c, i) => void changes.push([c, i === 0 ? 0 : 1]));
  return text.transform(changes);
}

function strip(text: AlignedText, left: boolean, right: boolean): AlignedText {
  const isSpace = (char: string) => SPACE.test(char);
  let from = 0;
  let to = text.length;
  if (left) while (from < to && isSpace(text.chars[from])) from++;
  if (right) while (to > from && isSpace(text.chars[to - 1])) to--;
  return text.transform(
    text.chars.slice(from, to).map((char): Change => [char, 0]),
    from,
  );
}

function keepOnly(text: AlignedText, keep: (char: string) => boolean): AlignedText {
  const changes: [string, number][] = [];
  let removed = 0;
  for (const char of text.chars) {
    if (keep(char)) changes.push([char, 0]);
    else if (changes.length === 0) removed++;
    else changes[changes.length - 1][1]--;
  }
  return text.transform(changes, removed);
}

/**
 * NFC, NFKC, NFD and NFKD with alignment: decompose, order the marks, compose, each character with the number of
 * old ones that it replaces. Follows the algorithm of Unicode Standard Annex 15 with the bookkeeping of the reference, whose table of
 * characters is older than Node's: characters that it does not know stay unchanged.
 */
function unicodeNormalize(text: AlignedText, form: "NFC" | "NFKC" | "NFD" | "NFKD"): AlignedText {
  const string = text.toString();
  if (string.normalize(form) === string) return text;
  const decomposed = decompose(text.chars, form === "NFC" || form === "NFD" ? "NFD" : "NFKD");
  return text.transform(form === "NFC" || form === "NFKC" ? compose(decomposed) : decomposed);
}

function decompose(chars: readonly string[], form: "NFD" | "NFKD"): Change[] {
  const out: Change[] = [];
  let marks: Change[] = []; // pending, to be sorted
  for (const char of chars) {
    [...(isKnown(char) ? char.normalize(form) : char)].forEach((c, i) => {
      const change: Change = [c, i === 0 ? 0 : 1];
      if (isMark(c)) {
        let at = marks.length; // insertion sort, stable
        while (at > 0 && classIsAbove(marks[at - 1][0], c)) at--;
        marks.splice(at, 0, change);
      } else {
        out.push(...marks, change);
        marks = [];
      }
    });
  }
  out.push(...marks);
  return out;
}

function compose(decomposed: readonly Change[]): Change[] {
  const out: [string, number][] = [];
  let base = -1; //   index in `out` of the character that following ones may join
  let before = ""; // the last mark that was kept since the base
  for (const [char, change] of decomposed) {
    const mark = isMark(char);
    if (base >= 0 && (before === "" || (mark && classIsAbove(char, before)))) {
      const composed = (out[base][0] + char).normalize("NFC");
      if ([...composed].length === 1 && isKnown(composed)) {
        out[base] = [composed, out[base][1] + change - 1];
        continue;
      }
    }
    out.push([char, change]);
    if (mark) {
      if (base >= 0) before = char;
    } else {
      base = out.length - 1;
      before = "";
    }
  }
  return out;
}

const KNOWN = rangesOf(NORMALIZED);

/** Whether normalizing can change this character or its place. */
function isKnown(char: string): boolean {
  return holds(KNOWN, char.codePointAt(0)!);
}

const markCache = new Map<string, boolean>();

/** Whether a character's combining class is not 0: then it changes places with a mark of class 240 or of class 1. */
function isMark(char: string): boolean {
  let known = markCache.get(char);
  if (known === undefined) {
    known = isKnown(char) && (classIsAbove("\u0345", char) || classIsAbove(char, "\u0334"));
    markCache.set(char, known);
  }
  return known;
}

/** Whether `first` has a larger combining class than `second`, whose class is not 0: then normalization swaps them. */
function classIsAbove(first: string, second: string): boolean {
  return (first + second).normalize("NFD") === second + first && first !== second;
}
