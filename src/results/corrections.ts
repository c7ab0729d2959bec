/**
 * @file Tasks scored twice, as in the official pipeline and corrected: both scores of each model, as means over seeds.
 */

import { meanOf } from "../stats/mean";
import { runLabel, runOrder } from "./labels";
import type { Metric, ModelName, RunSummary, Variant } from "./schema";

export interface Correction {
  /** Name in legends: `wide switch→wiki`. */
  label: string;
  model: ModelName;
  variant: Variant;
  task: string;
  metric: Metric;
  /** Name of the correction, such as `last-token-pooling`. */
  mode: string;
  /** Means over seeds. */
  official: number;
  corrected: number;
  /** Number of items in both modes; a correction may leave some out. */
  items: { official: number; corrected: number };
  /** Smallest and largest difference over seeds, corrected minus official. */
  differences: [number, number];
  seeds: number;
  majority: number | null;
}

/**
 * Every task that was scored officially and under this mode. Tasks are in scoring order, models in the order of figures.
 *
 * @param runs - of one or several seeds
 * @param mode - the name of a correction
 */
export function corrections(runs: readonly RunSummary[], mode: string): Correction[] {
  const pairs = runs.flatMap((run) =>
    run.experiments.flatMap((experiment) => {
      const drawn = run.scores.find((s) => s.task === experiment.task && s.metric === experiment.metric);
      const both = [experiment, drawn];
      const official = both.find((s) => s?.mode === "official");
      const corrected = both.find((s) => s?.mode === mode);
      return official === undefined || corrected === undefined ? [] : [{ run, official, corrected }];
    }),
  );
  const groups = new Map<string, typeof pairs>();
  for (const pair of pairs) {
    const key = [pair.run.runId, pair.official.task, pair.official.metric, pair.corrected.mode].join("/");
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  const tasks = [...new Set(pairs.map(({ official }) => official.task))];
  return [...groups.values()]
    .map((members): Correction => {
      const [{ run, official, corrected }] = members;
      const differences = members.map((m) => m.corrected.value - m.official.value);
      return {
        label: runLabel(run.model, run.variant),
        model: run.model,
        variant: run.variant,
        task: official.task,
        metric: official.metric,
        mode: corrected.mode,
        official: meanOf(members.map((m) => m.official.value)),
        corrected: meanOf(members.map((m) => m.corrected.value)),
        items: { official: official.n, corrected: corrected.n },
        differences: [Math.min(...differences), Math.max(...differences)],
        seeds: members.length,
        majority: official.majority,
      };
    })
    .sort(
      (a, b) =>
        tasks.indexOf(a.task) - tasks.indexOf(b.task) || runOrder(a.model, a.variant) - runOrder(b.model, b.variant),
    );
}
