/**
 * @file BLiMP: 67 paradigms of minimal pairs. A model is correct on a pair if the grammatical sentence is more
 * probable.
 *
 * Warstadt et al. 2020, https://doi.org/10.1162/tacl_a_00321; the BabyLM's filtered set (59,875 pairs).
 */

import { minimalPair } from "./minimal-pair";
import { textField } from "./row";

export const BLIMP = minimalPair(
  {
    name: "blimp",
    displayName: "BLiMP",
    tableName: "BLIMP",
    version: 1,
    folder: { full: "blimp_filtered", fast: "blimp_fast" },
    source: "Warstadt et al. 2020, https://doi.org/10.1162/tacl_a_00321",
  },
  (row) => {
    const uid = textField(row, "UID");
    // [pipeline] one field is renamed when the file is read
    const field = textField(row, "field").replace(/^syntax_semantics$/, "syntax/semantics");
    return {
      good: textField(row, "sentence_good"),
      bad: textField(row, "sentence_bad"),
      uid,
      groups: [
        ["FIELD", field],
        ["UID", uid],
        ["LINGUISTICS_TERM", textField(row, "linguistics_term")],
      ],
    };
  },
);
