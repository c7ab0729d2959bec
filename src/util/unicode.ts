/**
 * @file Character classes that do not depend on Node's Unicode version.
 *
 * A regular expression with `\p{L}` uses Node's own Unicode data, which grow with every version, so the same text could
 * give other words and token ids on another Node. Here the classes are tables of Unicode 16.0, the version of Hugging
 * Face's tokenizers 0.23 (`make-unicode-tables.py` queried them for every code point).
 */

import { ALPHABETIC, CATEGORIES, LOWERCASE, SCRIPTS } from "./unicode-tables";

/** Sorted, non-overlapping ranges `[from, to]` of code points, both ends included. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** Unicode's White_Space, unchanged since version 6.3. */
export const WHITE_SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

const LAST = 0x10ffff;
const found = new Map<string, Ranges | null>();

/**
 * The characters of a general category (`L`, `Lu`, ...), of `Alphabetic`, or of a script (`Han`, ...) in Unicode 16.0.
 *
 * @returns null for any other name
 */
export function charactersOf(name: string): Ranges | null {
  let ranges = found.get(name);
  if (ranges === undefined) {
    if (/^[LMNPSZC][a-z]?$/.test(name)) ranges = inCategory(name);
    else if (name === "Alphabetic") ranges = rangesOf(ALPHABETIC);
    else ranges = Object.hasOwn(SCRIPTS, name) ? rangesOf(SCRIPTS[name]) : null;
    found.set(name, ranges);
  }
  return ranges;
}

/**
 * The body of a class in a regular expression with the flag u: `[${classSource("L", "N")}]`. @throws Error for an
 * unknown name
 */
export function classSource(...names: readonly string[]): string {
  return names
    .map((name) => {
      const ranges = charactersOf(name);
      if (ranges === null) throw new Error(`no table of the characters "${name}"`);
      return rangesSource(ranges);
    })
    .join("");
}

/** Ranges as the content of square brackets in a regular expression with the flag u. */
export function rangesSource(ranges: Ranges): string {
  const spell = (point: number) => `\\u{${point.toString(16)}}`;
  return ranges.map(([from, to]) => (from === to ? spell(from) : `${spell(from)}-${spell(to)}`)).join("");
}

/** White space as the content of square brackets in a regular expression. */
export const WHITE_SPACE_SOURCE = rangesSource(WHITE_SPACE).replace(/\{([0-9a-f]+)\}/g, (_, hex) =>
  hex.padStart(4, "0"),
);

/** The complement: all other code points. */
export function complementOf(ranges: Ranges): Ranges {
  const out: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) out.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) out.push([next, LAST]);
  return out;
}

/** Whether the ranges contain a code point, by bisection. */
export function holds(ranges: Ranges, point: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle][1] < point) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low][0] <= point;
}

/** Decode ranges from `unicode-tables.ts`: gap and length alternate, in base 36. */
export function rangesOf(spelling: string): Ranges {
  const numbers = spelling.split(" ").map((digits) => Number.parseInt(digits, 36));
  const ranges: [number, number][] = [];
  let at = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const from = at + numbers[i];
    at = from + numbers[i + 1];
    ranges.push([from, at - 1]);
  }
  return ranges;
}

/** Calls `visit` for every run of code points of one general category; surrogates are `Cs`. */
export function eachCategoryRun(visit: (category: string, from: number, to: number) => void): void {
  let from = 0;
  for (const [, length, category] of CATEGORIES.matchAll(/([0-9a-z]+)([A-Z][a-z])/g)) {
    const to = from + Number.parseInt(length, 36) - 1;
    visit(category, from, to);
    from = to + 1;
  }
}

let smallLetters: Map<string, string> | null = null;

/** The small letter of a character, by Unicode 17.0 as in the reference; "İ" becomes two characters. */
export function lowercaseOf(character: string): string {
  if (character < "\u0080") return character.toLowerCase();
  if (smallLetters === null) {
    smallLetters = new Map([["\u0130", "i\u0307"]]);
    for (const run of LOWERCASE.split(",")) {
      const [first, step, count, difference] = run.split(" ").map((digits) => Number.parseInt(digits, 36));
      for (let i = 0; i < count; i++) {
        const point = first + i * step;
        smallLetters.set(String.fromCodePoint(point), String.fromCodePoint(point + difference));
      }
    }
  }
  return smallLetters.get(character) ?? character;
}

function inCategory(name: string): Ranges {
  const ranges: [number, number][] = [];
  eachCategoryRun((category, from, to) => {
    if (!category.startsWith(name)) return;
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last[1] === from - 1) last[1] = to;
    else ranges.push([from, to]);
  });
  return ranges;
}
