/**
 * @file Runs that were trained with several seeds: the spread of their scores, and differences of two runs seed by seed.
 *
 * A tuned run starts from the base of its own seed, so two runs are compared within a seed. The interval of a mean
 * difference is Student's t over the seeds. All seeds answer the same items: the interval is about other seeds, not about
 * other items. It covers everything that a seed changes: the split of the text, the tokenizer, the choice of instruction
 * pairs, the first weights and the order of training.
 */

import { mean, sampleStandardDeviation } from "simple-statistics";
import { type ScoreRow, scoreRows } from "../results/frame";
import { runLabel, runOrder, taskLabel } from "../results/labels";
import type { WorldResults } from "../results/open-results";
import type { Metric, RunSummary } from "../results/schema";
import { criticalT } from "../stats/student-t";

/** Values of one task, one per seed, in `unit`. */
interface OverSeeds {
  task: string;
  metric: Metric;
  /** `percentage points`, `correlation` or `% of variance`. */
  unit: string;
  seeds: readonly number[];
  /** In the order of `seeds`. */
  values: readonly number[];
  mean: number;
  /** Sample standard deviation. */
  deviation: number;
}

export interface SeedScore extends OverSeeds {
  /** Name of the run, such as `wide merged`. */
  model: string;
}

/** "`first` has the higher score than `second`", within each seed. */
export interface SeedDifference extends OverSeeds {
  first: string;
  second: string;
  /** Student's 95 % interval of the mean over seeds; items are fixed. */
  low: number;
  high: number;
  verdict: "supported" | "contradicted" | "undecided";
}

/**
 * The comparisons that the paper argues about: tuned models with their base, sequential with merged tuning, and the two
 * sizes.
 */
const COMPARISONS: readonly (readonly [string, string])[] = [
  ["wide-switch", "wide-base"],
  ["wide-merged", "wide-base"],
  ["wide-switch-wiki", "wide-base"],
  ["wide-switch-wiki", "wide-merged"],
  ["narrow-merged", "narrow-base"],
  ["wide-base", "narrow-base"],
];

/**
 * The scores of every run and task with two seeds or more, by task and in the order of models.
 *
 * @throws Error if the seeds of a run differ in shape, or those of a task in their items or rules of scoring
 */
export function seedScores(results: WorldResults): SeedScore[] {
  const rows = repeatedRows(results);
  const models = [...new Map(rows.map((row) => [row.runId, row])).values()].sort(
    (a, b) => runOrder(a.model, a.variant) - runOrder(b.model, b.variant),
  );
  return tasksOf(rows).flatMap((task) =>
    models.flatMap(({ runId, model, variant }): SeedScore[] => {
      const own = rows.filter((row) => row.runId === runId && row.task === task);
      if (own.length < 2) return [];
      const values = own.map((row) => row.value * factorOf(row.metric));
      return [{ model: runLabel(model, variant), ...overSeeds(own, values) }];
    }),
  );
}

/**
 * Differences on every task on which both models have scores with the same two seeds or more, by task.
 *
 * @throws Error as `seedScores`
 */
export function seedDifferences(results: WorldResults): SeedDifference[] {
  const rows = repeatedRows(results);
  const nameOf = (runId: string) => {
    const { model, variant } = rows.find((row) => row.runId === runId) as ScoreRow;
    return runLabel(model, variant);
  };
  const tasks = tasksOf(rows).filter((task) => task !== "aoa"); // its words differ by seed and model
  return tasks.flatMap((task) =>
    COMPARISONS.flatMap(([first, second]): SeedDifference[] => {
      const own = rows.filter((row) => row.task === task && row.runId === first);
      const pairs = own.flatMap((row) => {
        const other = rows.find((r) => r.task === task && r.runId === second && r.seed === row.seed);
        return other === undefined ? [] : [{ row, difference: (row.value - other.value) * factorOf(row.metric) }];
      });
      if (pairs.length < 2) return [];
      const all = overSeeds(
        pairs.map(({ row }) => row),
        pairs.map(({ difference }) => difference),
      );
      const n = pairs.length;
      const half = (criticalT(0.05, n - 1) * all.deviation) / Math.sqrt(n);
      const [low, high] = [all.mean - half, all.mean + half];
      const verdict = low > 0 ? "supported" : high < 0 ? "contradicted" : "undecided";
      return [{ first: nameOf(first), second: nameOf(second), ...all, low, high, verdict }];
    }),
  );
}

/** The rows of the runs and tasks that every seed has, of every seed; none if there is one seed. */
export function rowsOfEverySeed(results: WorldResults): ScoreRow[] {
  const rows = repeatedRows(results);
  const seeds = new Set(rows.map(({ seed }) => seed)).size;
  const key = ({ runId, task }: ScoreRow) => `${runId} ${task}`;
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return seeds < 2 ? [] : rows.filter((row) => counts.get(key(row)) === seeds);
}

/** Defined scores of the paper's models, of every seed; empty if there is one seed. */
function repeatedRows(results: WorldResults): ScoreRow[] {
  const runs = [...results.allRuns, ...results.partialRuns].filter(({ variant }) => variant !== "more-pretraining");
  if (results.partialRuns.length === 0 && results.seeds.length < 2) return [];
  requireOneShape(runs);
  const rows = scoreRows(runs).filter(({ value, seed }) => Number.isFinite(value) && seed !== null);
  requireEqualItems(rows);
  return rows;
}

function requireOneShape(runs: readonly RunSummary[]): void {
  for (const run of runs) {
    const first = runs.find(({ runId }) => runId === run.runId) as RunSummary;
    if (first.scale === run.scale && first.parameters === run.parameters) continue;
    throw new Error(
      `${run.runId}: seed ${first.seed} has ${first.parameters} parameters (scale ${first.scale}), seed ${run.seed} ` +
        `${run.parameters} (scale ${run.scale}); train both with the same settings to compare seeds`,
    );
  }
}

/** Age of acquisition is excepted: its words are those whose learning curve could be fitted, which differ by seed. */
function requireEqualItems(rows: readonly ScoreRow[]): void {
  for (const row of rows) {
    const first = rows.find(({ runId, task }) => runId === row.runId && task === row.task) as ScoreRow;
    if ((first.n === row.n || row.task === "aoa") && first.mode === row.mode && first.metric === row.metric) continue;
    throw new Error(
      `${row.task} of ${row.runId}: seed ${first.seed} has ${first.n} items (${first.metric}, ${first.mode}), seed ` +
        `${row.seed} ${row.n} (${row.metric}, ${row.mode}); score both on the same data to compare seeds`,
    );
  }
}

function overSeeds(rows: readonly ScoreRow[], values: readonly number[]): OverSeeds {
  const [{ task, metric }] = rows;
  return {
    task: taskLabel(task),
    metric,
    unit: unitOf(metric),
    seeds: rows.map(({ seed }) => seed as number),
    values,
    mean: mean([...values]),
    deviation: sampleStandardDeviation([...values]),
  };
}

const tasksOf = (rows: readonly ScoreRow[]) => [...new Set(rows.map(({ task }) => task))];

const isShare = (metric: Metric) => metric === "accuracy" || metric === "f1";
const factorOf = (metric: Metric) => (isShare(metric) ? 100 : 1);

function unitOf(metric: Metric): string {
  if (isShare(metric)) return "percentage points";
  return metric === "variance_explained_percent" ? "% of variance" : "correlation";
}

/** Rows for a table, one column per seed. */
export function seedScoreRows(scores: readonly SeedScore[]): Record<string, unknown>[] {
  return scores.map((score) => ({
    task: score.task,
    model: score.model,
    ...perSeed(score),
    mean: score.mean,
    "standard deviation": score.deviation,
    unit: score.unit === "percentage points" ? "%" : score.unit,
  }));
}

/** Rows for a table, one column per seed. */
export function seedDifferenceRows(differences: readonly SeedDifference[]): Record<string, unknown>[] {
  return differences.map((difference) => ({
    task: difference.task,
    difference: differenceName(difference),
    ...perSeed(difference),
    mean: difference.mean,
    "standard deviation": difference.deviation,
    "95 % from": difference.low,
    "95 % to": difference.high,
    unit: difference.unit,
  }));
}

/** Such as "wide merged − base": the second model's size is named only if it is another one. */
export function differenceName({ first, second }: Pick<SeedDifference, "first" | "second">): string {
  const size = first.slice(0, first.indexOf(" ") + 1);
  return `${first} − ${second.startsWith(size) ? second.slice(size.length) : second}`;
}

const perSeed = ({ seeds, values }: OverSeeds) =>
  Object.fromEntries(seeds.map((seed, i) => [`seed ${seed}`, values[i]]));
