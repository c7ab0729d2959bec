/**
 * @file A tuned model against a control, task by task and on the mean over tasks.
 *
 * The intervals are over items and treat the two models' answers as independent. Models that start from the same
 * weights agree on more items than that, so intervals from the answers themselves would be narrower.
 */

import type { ScoreRow } from "../results/frame";
import { taskLabel } from "../results/labels";
import { normalQuantile } from "../stats/normal-quantile";

/** A tuned model and a control on one task, in percent and percentage points. */
export interface Against {
  task: string;
  tuned: number;
  control: number;
  /** Tuned minus control. */
  difference: number;
  /** 95 % interval of the difference. */
  low: number;
  high: number;
  /** "undecided" if the interval contains zero. */
  verdict: "higher" | "lower" | "undecided";
}

/**
 * Compare two runs on every task of `rows` that both have, and on the mean over those tasks.
 *
 * @param rows - scores between 0 and 1 with intervals, of one seed
 * @throws Error if a run has no score, two scores of one task, or a score without an interval
 */
export function againstControl(rows: readonly ScoreRow[], tuned: string, control: string): Against[] {
  const [own, others] = [tuned, control].map((runId) => scoresOf(rows, runId));
  const tasks = [...own.keys()].filter((task) => others.has(task));
  const pairs = tasks.map((task) => [own.get(task), others.get(task)] as [Score, Score]);
  const perTask = pairs.map(([a, b], i) => compared(taskLabel(tasks[i]), a, b));
  const mean = compared(
    `mean over ${tasks.length} tasks`,
    meanOf(pairs.map(([a]) => a)),
    meanOf(pairs.map(([, b]) => b)),
  );
  return [...perTask, mean];
}

interface Score {
  /** In percent. */
  value: number;
  /** Standard error over items, in percentage points. */
  error: number;
}

const Z = normalQuantile(0.975);

function scoresOf(rows: readonly ScoreRow[], runId: string): Map<string, Score> {
  const scores = new Map<string, Score>();
  for (const { task, value, low, high } of rows.filter((row) => row.runId === runId)) {
    if (scores.has(task)) throw new Error(`${runId}: has two scores of ${task}; select the rows of one seed`);
    const error = (100 * (high - low)) / (2 * Z);
    if (!Number.isFinite(error)) throw new Error(`${runId}: ${task} has no interval; leave the task out`);
    scores.set(task, { value: 100 * value, error });
  }
  if (scores.size === 0) throw new Error(`no scores of "${runId}"; choose a run of these results`);
  return scores;
}

function meanOf(scores: readonly Score[]): Score {
  const n = scores.length;
  return {
    value: scores.reduce((sum, { value }) => sum + value, 0) / n,
    error: Math.sqrt(scores.reduce((sum, { error }) => sum + error ** 2, 0)) / n,
  };
}

function compared(task: string, a: Score, b: Score): Against {
  const difference = a.value - b.value;
  const half = Z * Math.hypot(a.error, b.error);
  const [low, high] = [difference - half, difference + half];
  const verdict = low > 0 ? "higher" : high < 0 ? "lower" : "undecided";
  return { task, tuned: a.value, control: b.value, difference, low, high, verdict };
}
