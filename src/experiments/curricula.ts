/** @file What "merged" and "sequential" mean: each variant as a list of instruction-tuning stages over a base model. */

import type { ModelName, Variant } from "../results/schema";

export type InstructionSource = "switchboard" | "simple_wiki";

/** One stage of instruction tuning; its sources are shuffled together. Each has its own schedule and epochs [ours]. */
export interface InstructionStage {
  name: "switch" | "wiki" | "merged";
  sources: readonly InstructionSource[];
}

const SWITCH: InstructionStage = { name: "switch", sources: ["switchboard"] };
const WIKI: InstructionStage = { name: "wiki", sources: ["simple_wiki"] };
const MERGED: InstructionStage = { name: "merged", sources: ["switchboard", "simple_wiki"] };

/** [paper §4]; `base` is pre-trained only. The paper's names: it_merged, it_switch_wiki, it_wiki_switch. */
export const CURRICULA: Record<Variant, readonly InstructionStage[]> = {
  base: [],
  switch: [SWITCH],
  wiki: [WIKI],
  merged: [MERGED],
  "switch-wiki": [SWITCH, WIKI],
  "wiki-switch": [WIKI, SWITCH],
};

/** The variants of each shape: six wide, two narrow [paper §5]; which tuning the narrow one has is not said [ours]. */
export const VARIANTS: Record<ModelName, readonly Variant[]> = {
  wide: ["base", "switch", "wiki", "merged", "switch-wiki", "wiki-switch"],
  narrow: ["base", "merged"],
};
