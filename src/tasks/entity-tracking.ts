/**
 * @file Entity tracking: after a text about boxes and moves, choose the content of a box from five options.
 *
 * Kim & Schuster 2023, https://doi.org/10.18653/v1/2023.acl-long.213, in the BabyLM's adaptation. Groups are file and
 * number of operations; the score is the mean over the three files of their mean over groups.
 */

import { asRow, integerField, optionsField, textField } from "./row";
import type { ForcedChoiceTask } from "./task";

export const ENTITY_TRACKING: ForcedChoiceTask = {
  kind: "forced-choice",
  name: "entity_tracking",
  displayName: "entity tracking",
  tableName: "ENTITY TRACKING",
  version: 1,
  officialName: "entity_tracking",
  folder: { full: "entity_tracking", fast: "entity_tracking_fast" },
  source: "Kim & Schuster 2023, https://doi.org/10.18653/v1/2023.acl-long.213",
  chance: 0.2,
  aggregate: { splits: ["regular", "ambiref", "move_contents"] },
  toItem: (value, fileStem) => {
    const row = asRow(value);
    const prefix = textField(row, "input_prefix"); // the prefix ends with a blank; the options start without one
    const options = optionsField(row, "options");
    const uid = `${fileStem}_${integerField(row, "numops")}_ops`;
    return {
      sentences: options.map((option) => prefix + option),
      completions: options,
      answers: options,
      uid,
      groups: [["UID", uid]],
    };
  },
};

/**
 * [pipeline, 2026] rows with an option that says "nothing" are left out, because that word alone reveals an empty box.
 */
export const ENTITY_TRACKING_WITHOUT_NOTHING: ForcedChoiceTask = {
  ...ENTITY_TRACKING,
  version: 2,
  leavesOut: (row) => optionsField(asRow(row), "options").some((option) => option.includes("nothing")),
};
