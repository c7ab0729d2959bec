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
  /** How it was scored: `official`, or the corrections that were switched on. */
  mode: string;
}

/** What the interval of a single run is, for captions. */
export const RUN_INTERVALS = "95 % intervals over items, by bootstrap (variance explained: by Fisher's transformation)";

/** The group of a score that says over how many training checkpoints a model was followed. */
export const CHECKPOINTS_GROUP = "checkpoints";

/**
 * `NaN` in `low` and `high` where a score has no interval.
 *
 * For variance explained the stored percentile bootstrap is replaced: every resample fits its own noise, so that interval
 * lies too high and can miss its own estimate (2 of 66 committed scores did). Fisher's transformation of the partial
 * correlation gives one that always contains it; where the score is well above zero the two agree (3.58 %: 1.98 to 5.69
 * by bootstrap, 2.04 to 5.51 by Fisher).
 *
 * @throws Error if two models were followed over different numbers of checkpoints: their ages of acquisition cannot be compared
 */
export function scoreRows(runs: readonly RunSummary[], family?: TaskFamily): ScoreRow[] {
  requireEqualCheckpoints(runs);
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
        mode: score.mode,
      })),
  );
}

/** A score of an earlier version, which does not say its checkpoints, is taken as it is. */
function requireEqualCheckpoints(runs: readonly RunSummary[]): void {
  const first = new Map<string, { run: string; checkpoints: number }>();
  for (const { runId, seed, scores } of runs) {
    for (const { task, groups } of scores) {
      const checkpoints = groups.find(({ name }) => name === CHECKPOINTS_GROUP)?.value;
      if (checkpoints === undefined) continue;
      const run = `${runId} (seed ${seed})`;
      const known = first.get(task) ?? { run, checkpoints };
      first.set(task, known);
      if (known.checkpoints === checkpoints) continue;
      throw new Error(
        `${task} of ${known.run} is from ${known.checkpoints} checkpoints, of ${run} from ${checkpoints}: the two cannot ` +
          `be compared. Train and score the one with fewer again.`,
      );
    }
  }
}

function intervalOf({ metric, value, n, interval }: TaskScore): { low: number; high: number } {
  if (interval === null) return { low: Number.NaN, high: Number.NaN };
  if (metric !== "variance_explained_percent") return { low: interval[0], high: interval[1] };
  const [low, high] = varianceExplainedInterval(Math.max(0, value) / 100, n);
  return { low: 100 * low, high: 100 * high };
}

/**
 * The rows with reading scored as later publications score it: words with the blank before them. Rows of the official
 * scorer, which leaves the blank out, are replaced; a run without the corrected score has no reading row.
 *
 * @param runs - the runs of `rows`, whose experiments hold the corrected scores
 */
export function withCorrectedReading(rows: readonly ScoreRow[], runs: readonly RunSummary[]): ScoreRow[] {
  const corrected = scoreRows(runs.map((run) => ({ ...run, scores: run.experiments })));
  return [
    ...rows.filter((row) => !isBlankless(row)),
    ...corrected.filter(
      (row) => row.mode === "reading-blank" && rows.some((r) => r.runId === row.runId && r.seed === row.seed),
    ),
  ];
}

/** Reading scored by the official scorer, without the blank before a word: not to be set beside published scores. */
export function isBlankless({ task, mode }: Pick<ScoreRow, "task" | "mode">): boolean {
  return task.startsWith("reading") && mode === "official";
}
