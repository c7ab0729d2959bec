/**
 * @file Find the end of the next word of GPT-2's pattern with a hand-written scan.
 *
 * The pattern (Radford et al. 2019), as the reference's ByteLevel pre-tokenizer has it:
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 * The scan creates no strings and is several times as fast as a regular expression; `gpt2Pattern` is the plain
 * version that a test compares it with.
 */

import { classSource, WHITE_SPACE_SOURCE } from "../util/unicode";
import { ASCII_CLASS, classOf, OTHER, SPACE } from "./char-class";

// Local names: in CommonJS every use of an imported name is a property access, which costs 10 % of encoding.
const CLASSES = ASCII_CLASS;
const BLANK = SPACE;

let pattern: RegExp | null = null;

/** The pattern as a regular expression, with the classes of `char-class.ts`. */
export function gpt2Pattern(): RegExp {
  if (pattern === null) {
    const [letter, number, space] = [classSource("L"), classSource("N"), WHITE_SPACE_SOURCE];
    pattern = new RegExp(
      `'s|'t|'re|'ve|'m|'ll|'d| ?[${letter}]+| ?[${number}]+| ?[^${space}${letter}${number}]+|` +
        `[${space}]+(?![^${space}])|[${space}]+`,
      "gu",
    );
  }
  return pattern;
}

/**
 * The end of the word that starts at code unit `start`; every character belongs to a word.
 *
 * @param end - end of the text (exclusive); the rule for trailing blanks uses it
 */
export function wordEnd(text: string, start: number, end: number): number {
  let i = start;
  let code = text.charCodeAt(i);
  if (code === 39 /* ' */) {
    const contraction = contractionLength(text, i, end);
    if (contraction > 0) return i + contraction;
  }
  if (code === 32 && i + 1 < end) {
    // " ?": a blank joins the word after it, unless what follows is another white space
    i++;
    code = text.charCodeAt(i);
  }
  const kind = classAt(text, i, code, end);
  if (kind !== BLANK) {
    i += code >= 0xd800 && isPair(text, i, end) ? 2 : 1;
    return runEnd(text, i, end, kind);
  }
  const run = runEnd(text, start, end, BLANK);
  // `\s+(?!\S)`: before more text the run gives up its last character, which `\s+` or the next word takes
  if (run === end || run - start === 1) return run;
  return run - 1; // no white space lies outside the basic plane
}

/** The first position from `i` on whose character is not of class `kind`. */
function runEnd(text: string, from: number, end: number, kind: number): number {
  let i = from;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code < 128) {
      if (CLASSES[code] !== kind) break;
      i++;
    } else {
      if (classAt(text, i, code, end) !== kind) break;
      i += code >= 0xd800 && isPair(text, i, end) ? 2 : 1;
    }
  }
  return i;
}

function classAt(text: string, i: number, code: number, end: number): number {
  if (code < 128) return CLASSES[code];
  if (code < 0xd800 || code > 0xdfff) return classOf(code);
  return isPair(text, i, end) ? classOf(text.codePointAt(i)!) : OTHER;
}

/** Whether there is a surrogate pair at `i`. */
function isPair(text: string, i: number, end: number): boolean {
  if (i + 1 >= end) return false;
  const high = text.charCodeAt(i);
  const low = text.charCodeAt(i + 1);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/** 2 or 3 if one of 's 't 're 've 'm 'll 'd is at `i`, else 0. */
function contractionLength(text: string, i: number, end: number): number {
  if (i + 1 >= end) return 0;
  switch (text.charCodeAt(i + 1)) {
    case 115: // s
    case 116: // t
    case 109: // m
    case 100: // d
      return 2;
    case 114: // re
    case 118: // ve
      return i + 2 < end && text.charCodeAt(i + 2) === 101 ? 3 : 0;
    case 108: // ll
      return i + 2 < end && text.charCodeAt(i + 2) === 108 ? 3 : 0;
    default:
      return 0;
  }
}
