/** @file Scoring settings per scale: the evaluation sets, and the scores that are also computed with a correction. */

import type { Scale } from "./scale";

/**
 * The pipeline's evaluation sets for real data: all items, or its fast subsets. The sample world is always scored in full.
 * A study is: its intervals are over items, and at its size a model takes minutes.
 */
export const SUITES: Record<Scale, "full" | "fast"> = {
  paper: "full",
  study: "full",
  "study-paper-shapes": "full",
  medium: "fast",
  small: "fast",
  tiny: "fast",
};

/** The mode under which a task is scored a second time, beside the official number; null: none. */
export function extraMode(task: string, world: "sample" | "real"): string | null {
  if (task === "reading") return "reading-blank";
  // not of the sample world: every reproduction would take longer
  return task === "entity_tracking" && world === "real" ? "entity-without-nothing" : null;
}

/**
 * Tasks on which every training checkpoint of a base model is scored, for learning curves. None at the small scales, where
 * 28 checkpoints would take longer than the training.
 */
export const CURVE_TASKS: Readonly<Record<Scale, readonly string[]>> = {
  paper: ["blimp", "zorro"],
  study: ["blimp", "zorro"],
  "study-paper-shapes": [],
  medium: [],
  small: [],
  tiny: [],
};
