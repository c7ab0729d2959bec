/** @file One number per model and task, ours and published: the input of bars, box plots and verdicts. */

import { from } from "arquero";
import type { PublishedScore } from "./beside-paper";
import { isBlankless, type ScoreRow } from "./frame";
import { runLabel, runOrder } from "./labels";
import type { Metric, ModelName, TaskFamily, Variant } from "./schema";

export interface ModelScore {
  /** Name in legends: `wide switch→wiki`. */
  model: string;
  /** The run; null for a published model. */
  run: { model: ModelName; variant: Variant } | null;
  order: number;
  task: string;
  family: TaskFamily;
  metric: Metric;
  value: number;
  /** Interval over items of a single run, or smallest and largest over seeds; NaN if there is neither. */
  low: number;
  high: number;
  seeds: number;
  chance: number | null;
  majority: number | null;
  mode: string;
}

/** The `order` of the first published model; our models have smaller ones. */
export const FIRST_PUBLISHED = 100;

/** Our runs, averaged over the seeds of one model and variant, in the order of figures. */
export function modelScores(rows: readonly ScoreRow[]): ModelScore[] {
  if (rows.length === 0) return [];
  const grouped = from([...rows])
    .groupby("model", "variant", "task", "metric")
    .rollup({
      family: "d => op.any(d.family)",
      // arquero's mean skips NaN; a mean over only some of the seeds is not reported
      value: "d => op.valid(d.value) === op.count() ? op.mean(d.value) : 0 / 0",
      smallest: "d => op.min(d.value)",
      largest: "d => op.max(d.value)",
      low: "d => op.any(d.low)",
      high: "d => op.any(d.high)",
      seeds: "d => op.count()",
      chance: "d => op.any(d.chance)",
      majority: "d => op.any(d.majority)",
      mode: "d => op.any(d.mode)",
    })
    .objects() as (ScoreRow & { smallest: number; largest: number; seeds: number })[];
  return grouped
    .map(
      ({ model, variant, smallest, largest, low, high, seeds, chance, majority, ...rest }): ModelScore => ({
        ...rest,
        model: runLabel(model, variant),
        run: { model, variant },
        order: runOrder(model, variant),
        low: seeds > 1 ? smallest : (low ?? Number.NaN),
        high: seeds > 1 ? largest : (high ?? Number.NaN),
        seeds,
        chance: chance ?? null,
        majority: majority ?? null,
      }),
    )
    .sort((a, b) => a.order - b.order);
}

/**
 * Published numbers of the tasks and metrics that occur in `ours`; others are left out. Reading scores are left out as
 * well if ours are of words without their blank (`withCorrectedReading` makes them comparable).
 */
export function publishedBeside(ours: readonly ModelScore[], published: readonly PublishedScore[]): ModelScore[] {
  const models = [...new Set(published.map((p) => p.model))];
  return published.flatMap(({ model, task, metric, value, interval }): ModelScore[] => {
    const same = ours.find((o) => o.task === task && o.metric === metric);
    if (same === undefined || isBlankless(same)) return [];
    const [low, high] = interval ?? [Number.NaN, Number.NaN];
    return [{ ...same, model, run: null, order: FIRST_PUBLISHED + models.indexOf(model), value, low, high, seeds: 1 }];
  });
}
