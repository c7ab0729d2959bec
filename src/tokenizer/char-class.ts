/**
 * @file Letter, number, white space or other: the four classes that byte-level BPE's word pattern distinguishes.
 *
 * The classes are those of the Unicode data in this Node; the reference uses Oniguruma's. White space is Unicode's
 * `White_Space`, which is not JavaScript's `\s`: U+0085 belongs to it and U+FEFF does not.
 */

export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
export const OTHER = 4;

const IS_LETTER = /^\p{L}/u;
const IS_NUMBER = /^\p{N}/u;
const IS_SPACE = /^\p{White_Space}/u;

/** Class of each code unit below 128. */
export const ASCII_CLASS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => classify(code));

let table: Uint8Array | null = null; // [0x110000] by code point, 0 = not asked yet; a megabyte, so made when first needed

/** The class of a code point of 128 or more. A lone surrogate is `OTHER`, like the U+FFFD that takes its place. */
export function classOf(codePoint: number): number {
  table ??= new Uint8Array(0x110000);
  const known = table[codePoint];
  if (known !== 0) return known;
  table[codePoint] = classify(codePoint);
  return table[codePoint];
}

function classify(codePoint: number): number {
  const char = String.fromCodePoint(codePoint);
  if (IS_LETTER.test(char)) return LETTER;
  if (IS_NUMBER.test(char)) return NUMBER;
  return IS_SPACE.test(char) ? SPACE : OTHER;
}
