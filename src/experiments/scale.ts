/** @file The scale of an experiment: one setting for model size, data and training time. */

/**
 * `tiny`: minutes on two cores, used by tests and notebooks. `small`: first runs on real text. `medium`: one hour to
 * pre-train one model. `study`: all models on 7 million words of real text, in about five hours on two cores. `paper`:
 * the paper's own settings.
 */
export type Scale = "tiny" | "small" | "medium" | "study" | "paper";

/** From small to large. */
export const SCALES: readonly Scale[] = ["tiny", "small", "medium", "study", "paper"];
