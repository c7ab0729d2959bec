/** @file The one dial for size. */

/**
 * `tiny`: minutes on two cores, what the tests and notebooks use. `small`: a first look at real text. `medium`:
 * an hour to pre-train one model. `study`: all models on 7 million words of real text in about eight hours of two cores.
 * `paper`: the paper's own settings.
 */
export type Scale = "tiny" | "small" | "medium" | "study" | "paper";

/** From small to large. */
export const SCALES: readonly Scale[] = ["tiny", "small", "medium", "study", "paper"];
