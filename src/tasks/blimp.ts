/**
 * @file BLiMP: 67 paradigms of minimal pairs. A model passes a pair if it finds the grammatical sentence likelier.
 *
 * Warstadt et al. 2020, https://doi.org/10.1162/tacl_a_00321; the BabyLM's filtered set (59,875 pairs).
 */

import { asRow, textField } from "./row";
import type { ForcedChoiceTask } from "./task";

export const BLIMP: ForcedChoiceTask = {
  kind: "forced-choice",
  name: "blimp",
  officialName: "blimp",
  folder: { full: "blimp_filtered", fast: "blimp_fast" },
  source: "Warstadt et al. 2020, https://doi.org/10.1162/tacl_a_00321",
  chance: 0.5,
  aggregate: "macro",
  toItem: (value) => {
    const row = asRow(value);
    const pair = [textField(row, "sentence_good"), textField(row, "sentence_bad")];
    const uid = textField(row, "UID");
    // [pipeline] one field is renamed on reading
    const field = textField(row, "field").replace(/^syntax_semantics$/, "syntax/semantics");
    return {
      sentences: pair,
      completions: pair,
      answers: pair,
      uid,
      groups: [
        ["FIELD", field],
        ["UID", uid],
        ["LINGUISTICS_TERM", textField(row, "linguistics_term")],
      ],
    };
  },
};
