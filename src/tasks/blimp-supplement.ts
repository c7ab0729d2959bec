/**
 * @file BLiMP supplement: five sets of pairs by the BabyLM organisers (questions, dialogue, hypernyms).
 *
 * Warstadt et al. 2023, https://doi.org/10.18653/v1/2023.conll-babylm.1. The pipeline runs it under the task name
 * `blimp`; a row is a supplement row when it has no `field`.
 */

import { asRow, textField } from "./row";
import type { ForcedChoiceTask } from "./task";

export const BLIMP_SUPPLEMENT: ForcedChoiceTask = {
  kind: "forced-choice",
  name: "blimp_supplement",
  officialName: "blimp",
  folder: { full: "supplement_filtered", fast: "supplement_fast" },
  source: "Warstadt et al. 2023, https://doi.org/10.18653/v1/2023.conll-babylm.1",
  chance: 0.5,
  aggregate: "macro",
  toItem: (value, fileStem) => {
    const row = asRow(value);
    const pair = [textField(row, "sentence_good"), textField(row, "sentence_bad")];
    return {
      sentences: pair,
      completions: pair,
      answers: pair,
      uid: fileStem,
      groups: [
        ["FIELD", "supplement"],
        ["UID", fileStem],
        ["LINGUISTICS_TERM", "supplement"],
      ],
    };
  },
};
