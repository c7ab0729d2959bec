/**
 * @file BLiMP supplement: five sets of pairs by the BabyLM organisers (questions, dialogue, hypernyms).
 *
 * Warstadt et al. 2023, https://doi.org/10.18653/v1/2023.conll-babylm.1. The pipeline runs it under the task name
 * `blimp`; a row is a supplement row when it has no `field`.
 */

import { minimalPair } from "./minimal-pair";
import { textField } from "./row";

export const BLIMP_SUPPLEMENT = minimalPair(
  {
    name: "blimp_supplement",
    displayName: "BLiMP supplement",
    tableName: "SUPPLEMENT",
    version: 1,
    officialName: "blimp",
    folder: { full: "supplement_filtered", fast: "supplement_fast" },
    source: "Warstadt et al. 2023, https://doi.org/10.18653/v1/2023.conll-babylm.1",
  },
  (row, fileStem) => ({
    good: textField(row, "sentence_good"),
    bad: textField(row, "sentence_bad"),
    uid: fileStem,
    groups: [
      ["FIELD", "supplement"],
      ["UID", fileStem],
      ["LINGUISTICS_TERM", "supplement"],
    ],
  }),
);
