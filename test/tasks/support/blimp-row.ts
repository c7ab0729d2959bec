/** @file One row of a BLiMP file. */

export const BLIMP_ROW = {
  sentence_good: "Cats sleep.",
  sentence_bad: "Cats sleeps.",
  field: "syntax_semantics",
  linguistics_term: "agreement",
  UID: "verbs_1",
};
