/**
 * @file Zorro: 23 paradigms of minimal pairs in words that children hear, 2,000 pairs each, after BLiMP. Not part of the
 * BabyLM pipeline.
 *
 * Huebner et al. 2021, https://doi.org/10.18653/v1/2021.conll-1.49. `npm run data -- import zorro` creates the rows.
 */

import { minimalPair } from "./minimal-pair";
import { textField } from "./row";

export const ZORRO = minimalPair(
  {
    name: "zorro",
    displayName: "Zorro",
    version: 1,
    source: "Huebner et al. 2021, https://doi.org/10.18653/v1/2021.conll-1.49",
    isExtra: true,
  },
  (row) => {
    const uid = textField(row, "UID");
    return {
      good: textField(row, "sentence_good"),
      bad: textField(row, "sentence_bad"),
      uid,
      groups: [
        ["FIELD", textField(row, "field")],
        ["UID", uid],
      ],
    };
  },
);
