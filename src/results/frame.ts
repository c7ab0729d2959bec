/** @file Runs as flat rows, one per (run, task): the input of figures and tables. */

import { varianceExplainedInterval } from "../stats/sampling-error";
import type { Metric, ModelName, RunSummary, TaskFamily, TaskScore, Variant } from "./schema";

export interface ScoreRow {
  runId: string;
  model: ModelName;
  variant: Variant;
  /** Null for the paper's own models, which have no known seed. */
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
  /** Scoring mode: `official`, or the enabled corrections. */
  mode: string;
}

/** Description of a single run's interval, for captions. */
export const RUN_INTERVALS = "95 % intervals over items, by bootstrap (variance explained: by Fisher's transformation)";

/** The group of a score that gives the number of training checkpoints. */
export const CHECKPOINTS_GROUP = "checkpoints";

/**
 * Flatten runs to rows, one per (run, task). `low` and `high` are NaN if a score has no interval.
 *
 * For variance explained the stored percentile bootstrap is replaced: resamples overfit, so that interval is too high
 * and can exclude its own estimate (as for 2 of 66 committed scores). Fisher's transformation of the partial
 * correlation gives an interval that always contains the estimate. For scores well above zero both agree (3.58 %: 1.98
 * to 5.69 by bootstrap, 2.04 to 5.51 by Fisher).
 *
 * @throws Error if two models were scored under different protocols, or have different numbers of checkpoints, so that
 *   their scores cannot be compared
 */
export function scoreRows(runs: readonly RunSummary[], family?: TaskFamily): ScoreRow[] {
  requireOneProtocol(runs);
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

/** @throws Error if the runs, or the modes of their scores, name two protocols */
function requireOneProtocol(runs: readonly RunSummary[]): void {
  const [first] = runs;
  for (const { runId, seed, protocol, scores } of runs) {
    const run = `${runId} (seed ${seed})`;
    if (protocol !== first.protocol) {
      throw new Error(
        `${first.runId} (seed ${first.seed}) was scored under protocol ${first.protocol}, ${run} under ${protocol}: a ` +
          `difference could come from the rules, not from the models. Score both under one protocol.`,
      );
    }
    const other = scores.find(({ mode }) => protocolOfMode(mode) !== protocol);
    if (other !== undefined) {
      throw new Error(
        `${run}: its summary is of protocol ${protocol}, but ${other.task} was scored in mode "${other.mode}". Score the ` +
          `task again under protocol ${protocol}.`,
      );
    }
  }
}

/** Names of modes begin with their protocol, unless it is 2025. */
function protocolOfMode(mode: string): RunSummary["protocol"] {
  return mode.startsWith("protocol-2026") ? "2026" : "2025";
}

/** A score of an earlier version, without its number of checkpoints, is accepted. */
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
 * Rows with reading scored as in later publications: words with their preceding blank. They replace the rows of the
 * official scorer, which leaves the blank out; a run without the corrected score has no reading row.
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

/**
 * Whether a reading score is from the official scorer, which leaves out the blank before a word; not comparable with
 * published scores.
 */
export function isBlankless({ task, mode }: Pick<ScoreRow, "task" | "mode">): boolean {
  return task.startsWith("reading") && mode === "official";
}
