/** @file Runs as flat rows, one a (run, task): what figures and tables start from. */

import { varianceExplainedInterval } from "../stats/sampling-error";
import type { Metric, ModelName, RunSummary, TaskFamily, TaskScore, Variant } from "./schema";

export interface ScoreRow {
  runId: string;
  model: ModelName;
  variant: Variant;
  /** Null for the paper's own models, which name none. */
  seed: number | null;
  task: string;
  family: TaskFamily;
  metric: Metric;
  value: number;
  low: number;
  high: number;
  n: number;
  chance: number | null;
  majority: number | null;
}

/**
 * `NaN` in `low` and `high` where a score has no interval.
 *
 * For variance explained the stored percentile bootstrap is replaced: every resample fits its own noise, so that interval
 * lies too high and can miss its own estimate (2 of 66 committed scores did). Fisher's transformation of the partial
 * correlation gives one that always contains it; where the score is well above zero the two agree (3.58 %: 1.98 to 5.69
 * by bootstrap, 2.04 to 5.51 by Fisher).
 */
export function scoreRows(runs: readonly RunSummary[], family?: TaskFamily): ScoreRow[] {
  return runs.flatMap((run) =>
    run.scores
      .filter((score) => family === undefined || score.family === family)
      .map((score) => ({
        runId: run.runId,
        model: run.model,
        variant: run.variant,
        seed: run.seed,
        task: score.task,
        family: score.family,
        metric: score.metric,
        value: score.value,
        ...intervalOf(score),
        n: score.n,
        chance: score.chance,
        majority: score.majority,
      })),
  );
}

function intervalOf({ metric, value, n, interval }: TaskScore): { low: number; high: number } {
  if (interval === null) return { low: Number.NaN, high: Number.NaN };
  if (metric !== "variance_explained_percent") return { low: interval[0], high: interval[1] };
  const [low, high] = varianceExplainedInterval(Math.max(0, value) / 100, n);
  return { low: 100 * low, high: 100 * high };
}
