/**
 * @file EWoK: elements of world knowledge. Given a context, the fitting target should be likelier than the other one.
 *
 * Ivanova et al. 2024, https://arxiv.org/abs/2405.09605. The data are gated: never put their text in a public place.
 * [pipeline] causal models see only `Context1` and choose between the targets; each item is in the files twice, the
 * second time swapped, and the two decisions count separately.
 */

import { asRow, textField } from "./row";
import type { ForcedChoiceTask } from "./task";

export const EWOK: ForcedChoiceTask = {
  kind: "forced-choice",
  name: "ewok",
  displayName: "EWoK",
  tableName: "EWOK",
  version: 1,
  officialName: "ewok",
  folder: { full: "ewok_filtered", fast: "ewok_fast" },
  source: "Ivanova et al. 2024, https://arxiv.org/abs/2405.09605",
  chance: 0.5,
  aggregate: "macro",
  toItem: (value) => {
    const row = asRow(value);
    const context = textField(row, "Context1");
    // the blank belongs to the completion, so the first word is counted with its blank
    const targets = [` ${textField(row, "Target1")}`, ` ${textField(row, "Target2")}`];
    const domain = textField(row, "Domain");
    return {
      sentences: targets.map((target) => context + target),
      completions: targets,
      answers: targets,
      uid: domain,
      groups: [
        ["UID", domain],
        ["CONTEXT_TYPE", textField(row, "ContextType")],
        ["CONTEXT_CONTRAST", textField(row, "ContextDiff")],
        ["TARGET_CONTRAST", textField(row, "TargetDiff")],
      ],
    };
  },
};
