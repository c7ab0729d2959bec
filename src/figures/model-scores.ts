/** @file One number a model and task, ours and published alike: what bars and box plots are drawn from. */

import type { PublishedScore } from "../results/beside-paper";
import type { ScoreRow } from "../results/frame";
import type { Metric, TaskFamily } from "../results/schema";
import { type Deviation, zScores } from "../stats/z-score";
import { PUBLISHED_COLOURS, runLabel, runOrder, runStyle, type Style } from "./palette";

export interface ModelScore {
  /** As in legends: `wide switch→wiki`. */
  model: string;
  order: number;
  style: Style;
  published: boolean;
  task: string;
  family: TaskFamily;
  metric: Metric;
  value: number;
  /** Interval over items of a single run, or smallest and largest over seeds; NaN where there is neither. */
  low: number;
  high: number;
  seeds: number;
  chance: number | null;
  majority: number | null;
}

/** Our runs, seeds of one model and variant averaged, in the order in which figures list them. */
export function modelScores(rows: readonly ScoreRow[]): ModelScore[] {
  const groups = new Map<string, ScoreRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.model, row.variant, row.task, row.metric]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()]
    .map((members): ModelScore => {
      const [first] = members;
      const values = members.map((m) => m.value);
      const many = members.length > 1;
      return {
        model: runLabel(first.model, first.variant),
        order: runOrder(first.model, first.variant),
        style: runStyle(first.model, first.variant),
        published: false,
        task: first.task,
        family: first.family,
        metric: first.metric,
        value: values.reduce((sum, v) => sum + v, 0) / values.length,
        low: many ? Math.min(...values) : first.low,
        high: many ? Math.max(...values) : first.high,
        seeds: members.length,
        chance: first.chance,
        majority: first.majority,
      };
    })
    .sort((a, b) => a.order - b.order);
}

/** Published numbers of the tasks and metrics that occur in `ours`; others would not share an axis, and are left out. */
export function publishedBeside(ours: readonly ModelScore[], published: readonly PublishedScore[]): ModelScore[] {
  const models = [...new Set(published.map((p) => p.model))];
  return published.flatMap((p): ModelScore[] => {
    const same = ours.find((o) => o.task === p.task && o.metric === p.metric);
    if (same === undefined) return [];
    const index = models.indexOf(p.model);
    return [
      {
        ...same,
        model: p.model,
        order: 100 + index,
        style: { colour: PUBLISHED_COLOURS[index % PUBLISHED_COLOURS.length], pattern: "", symbol: "circle" },
        published: true,
        value: p.value,
        low: p.interval?.[0] ?? Number.NaN,
        high: p.interval?.[1] ?? Number.NaN,
        seeds: 1,
      },
    ];
  });
}

export interface ZScore {
  model: string;
  order: number;
  style: Style;
  published: boolean;
  task: string;
  z: number;
}

export interface ZTable {
  scores: ZScore[];
  /** Model-task cells without a number, for example an undefined correlation. */
  missing: { model: string; task: string }[];
  /** Tasks left out because fewer than two models have a number. */
  leftOut: string[];
}

/**
 * Per task, each model's distance from the mean of the models in standard deviations.
 *
 * @param deviation - `sample`, as the paper, or `population`
 */
export function zTable(scores: readonly ModelScore[], deviation: Deviation): ZTable {
  const table: ZTable = { scores: [], missing: [], leftOut: [] };
  const models = [...new Set(scores.map((s) => s.model))];
  for (const task of new Set(scores.map((s) => s.task))) {
    const members = scores.filter((s) => s.task === task && Number.isFinite(s.value));
    for (const model of models) {
      if (!members.some((m) => m.model === model)) table.missing.push({ model, task });
    }
    if (members.length < 2) {
      table.leftOut.push(task);
      continue;
    }
    const z = zScores(
      members.map((m) => m.value),
      deviation,
    );
    members.forEach(({ model, order, style, published }, i) => {
      table.scores.push({ model, order, style, published, task, z: z[i] });
    });
  }
  return table;
}
