/** @file Lower-cases the start of sentences, as in CHILDES and after "Well," or a name. */

import { FEMALE_NAMES, MALE_NAMES, PET_NAMES, TOWN_NAMES } from "../lexicon";

const NAMES = new Set([...FEMALE_NAMES, ...MALE_NAMES, ...PET_NAMES, ...TOWN_NAMES, "Box"]);

/** The text with the first letters of its first `count` sentences in lower case, except names and "I". */
export function lowered(text: string, count = Number.POSITIVE_INFINITY): string {
  let done = 0;
  return text.replace(/(^|[.?!] |\t)([A-Z])([a-z]*)/g, (all, before: string, first: string, rest: string) => {
    if (done++ >= count || NAMES.has(first + rest) || (first === "I" && rest === "")) return all;
    return before + first.toLowerCase() + rest;
  });
}
