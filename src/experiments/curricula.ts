/** @file The curricula: each variant as a list of instruction-tuning stages after pre-training. */

import type { InstructionSource } from "../augmentation/instruction-set";
import type { ModelName, Variant } from "../results/schema";

/** One stage of instruction tuning; its sources are shuffled together. Each has its own schedule and epochs [ours]. */
export interface InstructionStage {
  name: "switch" | "wiki" | "merged" | "more-pretraining";
  sources: readonly InstructionSource[];
  /** Train on the same pairs as plain text: no chat template, a loss on every token. */
  asText?: true;
}

const SWITCH: InstructionStage = { name: "switch", sources: ["switchboard"] };
const WIKI: InstructionStage = { name: "wiki", sources: ["simple_wiki"] };
const MERGED: InstructionStage = { name: "merged", sources: ["switchboard", "simple_wiki"] };

const MORE_PRETRAINING: InstructionStage = { name: "more-pretraining", sources: MERGED.sources, asText: true };

/** The stages of each variant [paper §4]; `base` is pre-trained only. The paper's names: it_merged, it_switch_wiki, it_wiki_switch. */
export const CURRICULA: Record<Variant, readonly InstructionStage[]> = {
  base: [],
  switch: [SWITCH],
  wiki: [WIKI],
  merged: [MERGED],
  "switch-wiki": [SWITCH, WIKI],
  "wiki-switch": [WIKI, SWITCH],
  "more-pretraining": [MORE_PRETRAINING],
};

/**
 * The paper's variants of each shape: six wide, two narrow [paper §5]; the paper does not name the narrow model's
 * tuning [ours].
 */
export const VARIANTS: Record<ModelName, readonly Variant[]> = {
  wide: ["base", "switch", "wiki", "merged", "switch-wiki", "wiki-switch"],
  narrow: ["base", "merged"],
};

/**
 * A control that the paper lacks [ours]: the same number of further pre-training updates on the text of the merged set.
 * A gain of instruction tuning over it is due to the instructions, not to more training on that text.
 */
export const CONTROLS: Record<ModelName, readonly Variant[]> = {
  wide: ["more-pretraining"],
  narrow: [],
};
