/** @file A small result of the ablation experiment, for tests. */

import type { AblationResults } from "../../src/results/ablation";

type Score = AblationResults["scores"][number];

/** One eye-tracking score. */
export function readingScore(model: string, mode: string, value: number, interval: [number, number]): Score {
  return {
    model,
    task: "reading_eye_tracking",
    family: "zero-shot",
    metric: "variance_explained_percent",
    value,
    n: 100,
    interval,
    chance: 0,
    majority: null,
    mode,
    ties: 0,
  } as Score;
}

/** These scores, and one fine-tuned classifier that gives one class to every row. */
export function ablationResults(scores: readonly Score[], open: readonly string[]): AblationResults {
  return {
    scale: "small",
    seed: 42,
    open: [...open],
    training: [],
    scores: [...scores],
    readingEffects: [],
    fineTuning: [
      {
        model: "wide-byte-level",
        task: "rte",
        pooling: "first",
        trainRows: 10,
        validRows: 10,
        accuracy: 0.6,
        interval: [0.4, 0.8],
        labelShares: [0.6, 0.4],
        predictedShares: [1, 0],
        firstTokens: 3,
      },
    ],
  };
}
