/** @file The one dial for size. */

/** `tiny`: minutes on two cores, what the tests and notebooks use. `small`: hours. `paper`: the paper's own settings. */
export type Scale = "tiny" | "small" | "paper";

export const SCALES: readonly Scale[] = ["tiny", "small", "paper"];
