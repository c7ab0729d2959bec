/** @file Sentence starts in lower case, as CHILDES writes them and as a sentence begins after "Well," or a name. */

import { FEMALE_NAMES, MALE_NAMES, PET_NAMES, TOWN_NAMES } from "../lexicon";

const NAMES = new Set([...FEMALE_NAMES, ...MALE_NAMES, ...PET_NAMES, ...TOWN_NAMES, "Box"]);

/** The first letters of the text's first `count` sentences in lower case, unless a name or "I" stands there. */
export function lowered(text: string, count = Number.POSITIVE_INFINITY): string {
  let done = 0;
  return text.replace(/(^|[.?!] |\t)([A-Z])([a-z]*)/g, (all, before: string, first: string, rest: string) => {
    if (done++ >= count || NAMES.has(first + rest) || (first === "I" && rest === "")) return all;
    return before + first.toLowerCase() + rest;
  });
}
