/**
 * @file Letter, number, white space or other: the four classes that byte-level BPE's word pattern distinguishes.
 *
 * The classes are those of Unicode 16.0, as in the reference. White space is Unicode's `White_Space`, which is not
 * JavaScript's `\s`: U+0085 belongs to it and U+FEFF does not.
 */

import { eachCategoryRun, WHITE_SPACE } from "../util/unicode";

const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
export const OTHER = 4;

/** Class of each code unit below 128. */
export const ASCII_CLASS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[A-Za-z]/.test(char)) return LETTER;
  if (/[0-9]/.test(char)) return NUMBER;
  return /[\t-\r ]/.test(char) ? SPACE : OTHER;
});

let table: Uint8Array | null = null; // [0x110000] by code point; 1 MB, built on first use

/** The class of a code point. A lone surrogate is `OTHER`, like the U+FFFD that takes its place. */
export function classOf(codePoint: number): number {
  table ??= makeTable();
  return table[codePoint];
}

function makeTable(): Uint8Array {
  const classes = new Uint8Array(0x110000).fill(OTHER);
  eachCategoryRun((category, from, to) => {
    if (category[0] === "L") classes.fill(LETTER, from, to + 1);
    else if (category[0] === "N") classes.fill(NUMBER, from, to + 1);
  });
  for (const [from, to] of WHITE_SPACE) classes.fill(SPACE, from, to + 1);
  return classes;
}
