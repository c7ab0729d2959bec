/** @file The same differences between two runs at several sizes of models, for example the paper's and ours. */

import type { ScoreRow } from "../results/frame";
import { runLabel } from "../results/labels";
import { type Against, againstControl } from "./against-control";

/** The results of one seed at one size. */
export interface ResultsOfSize {
  /** Name in the table. */
  models: string;
  rows: readonly ScoreRow[];
}

/** One comparison on one task at one size: `tuned` is the first run's score, `control` the second's. */
export interface ChangeAtSize extends Against {
  models: string;
  /** `wide merged − wide base`. */
  compares: string;
}

/**
 * Every comparison at every size that has both runs, on those of the tasks that both have; no mean over tasks.
 *
 * @param comparisons - run ids, the second subtracted from the first
 */
export function changesPerSize(
  sizes: readonly ResultsOfSize[],
  comparisons: readonly (readonly [string, string])[],
  tasks: readonly string[],
): ChangeAtSize[] {
  return comparisons.flatMap((pair) =>
    sizes.flatMap(({ models, rows }) => {
      const scores = rows.filter((row) => tasks.includes(row.task));
      const runs = pair.map((runId) => scores.find((row) => row.runId === runId));
      if (runs.includes(undefined)) return [];
      const compares = runs.map((run) => runLabel(run!.model, run!.variant)).join(" − ");
      const perTask = againstControl(scores, ...pair).slice(0, -1);
      return perTask.map((change) => ({ models, compares, ...change }));
    }),
  );
}
