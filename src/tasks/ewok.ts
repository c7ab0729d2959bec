/**
 * @file EWoK: elements of world knowledge. Given a context, the plausible target should be more probable than the other
 * one.
 *
 * Ivanova et al. 2024, https://arxiv.org/abs/2405.09605. The data is gated: never publish its text. Each item is in the
 * files twice, once with contexts and targets swapped, and the two decisions count separately. [pipeline] in 2025,
 * causal models see only `Context1` and choose between the targets; in 2026 they see only `Target1` and choose between
 * the contexts before it.
 */

import { asRow, type Row, textField } from "./row";
import type { ChoiceItem, ForcedChoiceTask } from "./task";

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
    return { ...groupsOf(row), sentences: targets.map((t) => context + t), completions: targets, answers: targets };
  },
};

/** [pipeline, 2026] the same rows: after which of the two contexts is `Target1` the likelier? */
export const EWOK_CONTEXTS: ForcedChoiceTask = {
  ...EWOK,
  version: 2,
  toItem: (value) => {
    const row = asRow(value);
    const target = ` ${textField(row, "Target1")}`;
    const sentences = [textField(row, "Context1") + target, textField(row, "Context2") + target];
    // the completions are the same text, so whole sentences tell the answers apart
    return { ...groupsOf(row), sentences, completions: [target, target], answers: sentences };
  },
};

function groupsOf(row: Row): Pick<ChoiceItem, "uid" | "groups"> {
  const domain = textField(row, "Domain");
  return {
    uid: domain,
    groups: [
      ["UID", domain],
      ["CONTEXT_TYPE", textField(row, "ContextType")],
      ["CONTEXT_CONTRAST", textField(row, "ContextDiff")],
      ["TARGET_CONTRAST", textField(row, "TargetDiff")],
    ],
  };
}
