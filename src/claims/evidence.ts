/**
 * @file Uncertainty of a world's scores: resampling of tasks and of items.
 *
 * Two sources of error. Items: each score is resampled from its interval over items, independently for each model,
 * because published accuracies do not show how far two models' answers overlap. Tasks: the tasks of a box plot are
 * sampled with replacement. The difference of two models on one task is bounded without sampling, by the largest error
 * that any overlap of their answers allows (`pairedError`).
 */

import { mean } from "simple-statistics";
import type { PublishedScore } from "../results/beside-paper";
import { isBlankless, type ScoreRow } from "../results/frame";
import { modelScores } from "../results/model-scores";
import type { Metric } from "../results/schema";
import { normalQuantile } from "../stats/normal-quantile";
import { median, quantile, sortedCopy, sortedQuantile } from "../stats/quantile";
import { pairedError } from "../stats/sampling-error";
import { type Deviation, zScores } from "../stats/z-score";
import { Rng } from "../util/rng";
import { type Quantity, UNKNOWN } from "./quantity";

export interface EvidenceInput {
  rows: readonly ScoreRow[];
  baselines: readonly PublishedScore[];
  /** Models that need a number for a task to count; the mean of the z-scores is taken over them. */
  models: readonly string[];
  deviation: Deviation;
  /** Name of the random stream. */
  name: string;
}

/** Scores of one resample (or the measured ones) over a list of tasks, which may repeat. */
export interface View {
  tasks: readonly string[];
  /** Scores of a model, task by task. */
  scores(model: string): readonly number[];
  /** z-scores of one of `models`, task by task. */
  z(model: string): readonly number[];
  /** Median z. */
  mid(model: string): number;
  /** Interquartile range of z. */
  iqr(model: string): number;
}

interface Cell {
  value: number;
  /** Standard errors over items, downwards and upwards. */
  down: number;
  up: number;
}

/** [ours] Tails go down to 0.0036 (0.025 shared by seven bounds); 2000 draws leave seven draws beyond that. */
const DRAWS = 2000;
/** A bootstrap over fewer tasks is not informative. */
const FEWEST_TASKS = 3;

export class Evidence {
  readonly models: readonly string[];
  readonly tasks: readonly string[];
  readonly baselines: readonly string[];
  private readonly metrics: ReadonlyMap<string, Metric>;
  /** Tasks scored differently from the baselines, so that a difference from a baseline has no meaning. */
  private readonly apart: ReadonlySet<string>;
  private readonly cells: ReadonlyMap<string, Cell>;
  private readonly input: EvidenceInput;
  /** Our models, then the baselines. */
  private readonly columns: readonly string[];
  /** Per task, one cell per column. */
  private readonly byTask: ReadonlyMap<string, readonly (Cell | undefined)[]>;
  private drawn: { items: View[]; tasks: View[] } | null = null;

  constructor(input: EvidenceInput) {
    this.input = input;
    this.models = input.models;
    const own = modelScores(input.rows);
    const tasks = [...new Set(own.map((s) => s.task))].filter((task) =>
      input.models.every((model) => own.some((s) => s.model === model && s.task === task && Number.isFinite(s.value))),
    );
    this.tasks = tasks;
    this.apart = new Set(input.rows.filter(isBlankless).map((row) => row.task));
    this.metrics = new Map(own.map((s) => [s.task, s.metric]));
    const cells = new Map(own.map((s) => [key(s.model, s.task), cellOf(s, input.rows)]));
    const baselines = input.baselines.filter((b) => tasks.includes(b.task) && this.metrics.get(b.task) === b.metric);
    for (const b of baselines) {
      const like = input.models.map((model) => cells.get(key(model, b.task)) as Cell);
      cells.set(key(b.model, b.task), baselineCell(b, like));
    }
    this.cells = cells;
    this.baselines = [...new Set(baselines.map((b) => b.model))];
    this.columns = [...input.models, ...this.baselines];
    this.byTask = new Map(tasks.map((task) => [task, this.columns.map((model) => cells.get(key(model, task)))]));
  }

  /** Score of a model (or baseline) on a task. */
  level(model: string, task: string): Quantity {
    const cell = this.cells.get(key(model, task));
    if (cell === undefined || !this.tasks.includes(task)) return UNKNOWN;
    const { value, down, up } = cell;
    return {
      value,
      low: (tail) => value + normalQuantile(tail) * down,
      high: (tail) => value - normalQuantile(tail) * up,
    };
  }

  /** Score of `a` minus score of `b` on a task, with the error for the least favourable overlap of their answers. */
  gap(a: string, b: string, task: string): Quantity {
    const [first, second] = [a, b].map((model) => this.cells.get(key(model, task)));
    if (first === undefined || second === undefined || !this.tasks.includes(task)) return UNKNOWN;
    if (this.apart.has(task) && this.baselines.includes(a) !== this.baselines.includes(b)) return UNKNOWN;
    const value = first.value - second.value;
    const bounded = this.metrics.get(task) === "accuracy" ? mostError(first, second) : Number.POSITIVE_INFINITY;
    return {
      value,
      low: (tail) => value + normalQuantile(tail) * Math.min(bounded, first.down + second.up),
      high: (tail) => value - normalQuantile(tail) * Math.min(bounded, first.up + second.down),
    };
  }

  /** A statistic over all tasks; tasks are sampled with replacement, each with resampled items. */
  overTasks(statistic: (view: View) => number): Quantity {
    if (this.tasks.length < FEWEST_TASKS) return UNKNOWN;
    return this.bootstrap(statistic, () => this.draws().tasks);
  }

  /** A statistic of the measured tasks with resampled items. */
  overItems(statistic: (view: View) => number): Quantity {
    return this.bootstrap(statistic, () => this.draws().items);
  }

  /** z-score of a model on one task, with resampled items for every model. */
  zOn(model: string, task: string): Quantity {
    const at = this.tasks.indexOf(task);
    return at < 0 ? UNKNOWN : this.overItems((view) => view.z(model)[at]);
  }

  private bootstrap(statistic: (view: View) => number, views: () => readonly View[]): Quantity {
    let sorted: Float64Array | null = null;
    const draws = () => {
      sorted ??= sortedCopy(
        views()
          .map(statistic)
          .filter((v) => !Number.isNaN(v)),
        "evidence",
      );
      return sorted;
    };
    return {
      value: statistic(this.view(this.tasks, (cell) => cell.value)),
      low: (tail) => sortedQuantile(draws(), tail),
      high: (tail) => sortedQuantile(draws(), 1 - tail),
    };
  }

  private draws(): { items: View[]; tasks: View[] } {
    if (this.drawn === null) {
      const rng = Rng.fromSeed("claims").fork(this.input.name);
      const [items, tasks] = [rng.fork("items"), rng.fork("tasks")];
      const noisy = (stream: Rng) => (cell: Cell) => {
        const step = stream.normal();
        return cell.value + step * (step > 0 ? cell.up : cell.down);
      };
      this.drawn = {
        items: Array.from({ length: DRAWS }, () => this.view(this.tasks, noisy(items))),
        tasks: Array.from({ length: DRAWS }, () =>
          this.view(
            this.tasks.map(() => this.tasks[tasks.int(this.tasks.length)]),
            noisy(tasks),
          ),
        ),
      };
    }
    return this.drawn;
  }

  private view(tasks: readonly string[], draw: (cell: Cell) => number): View {
    const { models, deviation } = this.input;
    const scores: number[][] = this.columns.map(() => []);
    const z: number[][] = models.map(() => []);
    for (const task of tasks) {
      const values = (this.byTask.get(task) as readonly (Cell | undefined)[]).map((c) =>
        c === undefined ? Number.NaN : draw(c),
      );
      const standardised = zScores(values.slice(0, models.length), deviation);
      for (let i = 0; i < values.length; i++) scores[i].push(values[i]);
      for (let i = 0; i < models.length; i++) z[i].push(standardised[i]);
    }
    const mids: number[] = [];
    const at = (model: string) => this.columns.indexOf(model);
    return {
      tasks,
      scores: (model) => scores[at(model)],
      z: (model) => z[at(model)],
      mid: (model) => (mids[at(model)] ??= median(z[at(model)])),
      iqr: (model) => quantile(z[at(model)], 0.75) - quantile(z[at(model)], 0.25),
    };
  }
}

const key = (model: string, task: string) => `${model}\n${task}`;

/** The mean over seeds with the mean interval of one run: seeds share their items, so averaging does not narrow it. */
function cellOf(score: { model: string; task: string; run: ModelRun; value: number }, rows: readonly ScoreRow[]): Cell {
  const members = rows.filter(
    (r) => r.task === score.task && r.model === score.run?.model && r.variant === score.run?.variant,
  );
  const side = (reach: (row: ScoreRow) => number) => {
    const known = members.map(reach).filter((v) => Number.isFinite(v));
    return known.length === 0 ? 0 : mean(known.map((v) => Math.max(0, v))) / Z;
  };
  return { value: score.value, down: side((r) => r.value - r.low), up: side((r) => r.high - r.value) };
}

type ModelRun = ReturnType<typeof modelScores>[number]["run"];

/** A published score without an interval gets the uncertainty of ours on the same task. */
function baselineCell({ value, interval }: PublishedScore, like: readonly Cell[]): Cell {
  if (interval !== undefined) return { value, down: (value - interval[0]) / Z, up: (interval[1] - value) / Z };
  return { value, down: mean(like.map((cell) => cell.down)), up: mean(like.map((cell) => cell.up)) };
}

/** Half-width of a 95 % interval, in standard errors. */
const Z = normalQuantile(0.975);

/** Largest standard error of a difference of two shares; the number of items is derived from their own errors. */
function mostError(a: Cell, b: Cell): number {
  const items = (cell: Cell) => (cell.value * (1 - cell.value)) / ((cell.down + cell.up) / 2) ** 2;
  const n = Math.min(items(a), items(b));
  return n >= 1 ? pairedError(a.value, b.value, n).most : Number.POSITIVE_INFINITY;
}
