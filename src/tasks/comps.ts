/**
 * @file COMPS: tests whether a property is more probable after a concept that has it than after one that does not.
 *
 * Misra et al. 2023, https://doi.org/10.18653/v1/2023.eacl-main.213. The contexts differ and the completion is the same,
 * so `predictions.json` stores whole sentences.
 */

import { asRow, textField } from "./row";
import type { ForcedChoiceTask } from "./task";

/** [pipeline] file stem to UID; any other file counts as the last one. */
const UIDS: Readonly<Record<string, string>> = {
  comps_base: "base",
  comps_wugs: "wugs",
  "comps_wugs_dist-before": "wugs_dist_before",
};

export const COMPS: ForcedChoiceTask = {
  kind: "forced-choice",
  name: "comps",
  displayName: "COMPS",
  version: 1,
  officialName: "comps",
  folder: { full: "comps", fast: null },
  source: "Misra et al. 2023, https://doi.org/10.18653/v1/2023.eacl-main.213",
  chance: 0.5,
  aggregate: "macro",
  toItem: (value, fileStem) => {
    const row = asRow(value);
    const phrase = textField(row, "property_phrase");
    const sentences = ["prefix_acceptable", "prefix_unacceptable"].map((key) => `${textField(row, key)} ${phrase}`);
    const uid = UIDS[fileStem] ?? "wugs_dist_in_between";
    return { sentences, completions: [phrase, phrase], answers: sentences, uid, groups: [["UID", uid]] };
  },
};
