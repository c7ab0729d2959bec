/** @file Runs as flat rows, one a (run, task): what figures and tables start from. */

import type { Metric, ModelName, RunSummary, TaskFamily, Variant } from "./schema";

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

/** `NaN` in `low` and `high` where a score has no interval. */
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
        low: score.interval?.[0] ?? Number.NaN,
        high: score.interval?.[1] ?? Number.NaN,
        n: score.n,
        chance: score.chance,
        majority: score.majority,
      })),
  );
}
