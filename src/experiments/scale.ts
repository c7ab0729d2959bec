/** @file The scale of an experiment: one setting for model size, data and training time. */

/**
 * `tiny`: minutes on two cores, used by tests and notebooks. `small`: first runs on real text. `medium`: one hour to
 * pre-train one model. `study`: all models on 6.5 million words of real text, in six to seven hours of one core.
 * `study-paper-shapes`: the paper's shapes on the study's text, for one GPU. `paper`: the paper's own settings.
 */
export type Scale = "tiny" | "small" | "medium" | "study" | "study-paper-shapes" | "paper";

/** From small to large. */
export const SCALES: readonly Scale[] = ["tiny", "small", "medium", "study", "study-paper-shapes", "paper"];
