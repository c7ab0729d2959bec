/** @file z-scores per task: distance of each model from the mean of all models on that task. */

import { type Deviation, zScores } from "./z-score";

/** Model, task and value; other properties are passed through. */
export interface Scored {
  model: string;
  task: string;
  value: number;
}

export interface ZTable<T> {
  scores: (T & { z: number })[];
  /** Model-task cells without a number, for example an undefined correlation. */
  missing: { model: string; task: string }[];
  /** Tasks left out because fewer than three models have a number. */
  leftOut: string[];
}

/** Fewest models for a z-score: two values are always 0.707 sample deviations from their mean. */
export const FEWEST_MODELS = 3;

/** @param deviation - `sample`, as the paper, or `population` */
export function zTable<T extends Scored>(scores: readonly T[], deviation: Deviation): ZTable<T> {
  const table: ZTable<T> = { scores: [], missing: [], leftOut: [] };
  const models = [...new Set(scores.map((s) => s.model))];
  for (const task of new Set(scores.map((s) => s.task))) {
    const members = scores.filter((s) => s.task === task && Number.isFinite(s.value));
    if (members.length < FEWEST_MODELS) {
      table.leftOut.push(task);
      continue;
    }
    for (const model of models) {
      if (!members.some((m) => m.model === model)) table.missing.push({ model, task });
    }
    const z = zScores(
      members.map((m) => m.value),
      deviation,
    );
    members.forEach((member, i) => {
      table.scores.push({ ...member, z: z[i] });
    });
  }
  return table;
}
