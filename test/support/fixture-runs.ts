/**
 * @file INVENTED run summaries for tests of figures and notebooks. The numbers mean nothing and are in no results folder.
 */

import { RUNS } from "../../src/experiments/runs";
import type { Metric, RunSummary, TaskFamily, TaskScore } from "../../src/results/schema";
import { Rng } from "../../src/util/rng";

const TASKS: [string, TaskFamily, Metric, number, number | null][] = [
  ["blimp", "zero-shot", "accuracy", 0.68, 0.5],
  ["blimp_supplement", "zero-shot", "accuracy", 0.57, 0.5],
  ["ewok", "zero-shot", "accuracy", 0.51, 0.5],
  ["comps", "zero-shot", "accuracy", 0.53, 0.5],
  ["entity_tracking", "zero-shot", "accuracy", 0.22, 0.2],
  ["wug_adj", "zero-shot", "spearman_rho", 0.4, null],
  ["wug_past", "zero-shot", "spearman_rho", 0.1, null],
  ["reading", "zero-shot", "variance_explained_percent", 5, null],
  ["boolq", "fine-tuning", "accuracy", 0.64, 0.5],
  ["multirc", "fine-tuning", "accuracy", 0.57, 0.5],
  ["rte", "fine-tuning", "accuracy", 0.54, 0.5],
  ["wsc", "fine-tuning", "accuracy", 0.62, 0.5],
  ["mrpc", "fine-tuning", "f1", 0.8, null],
  ["qqp", "fine-tuning", "f1", 0.6, null],
  ["mnli", "fine-tuning", "accuracy", 0.45, 1 / 3],
];

/** Eight invented runs, the same at every call. */
export function fixtureRuns(seed = 1): RunSummary[] {
  return RUNS.map(({ runId, model, variant }): RunSummary => {
    const rng = Rng.fromSeed("fixture").fork(seed).fork(runId);
    return {
      runId,
      model,
      variant,
      seed,
      scale: "tiny",
      world: "fixture",
      parameters: model === "wide" ? 1_300_000 : 900_000,
      protocol: "2025",
      promptForm: "article-and-question",
      validationLossNats: [
        { stage: "pretrain", source: "childes", lossNats: 3 + rng.next(), tokens: 10_000 },
        { stage: "pretrain", source: "simple_wiki", lossNats: 3 + rng.next(), tokens: 9_000 },
      ],
      scores: TASKS.map(([task, family, metric, centre, chance]): TaskScore => {
        const unit = metric === "variance_explained_percent" ? 1 : 0.04;
        const value = centre + unit * rng.normal();
        return {
          task,
          family,
          metric,
          value,
          n: 300,
          interval: [value - 1.5 * unit, value + 1.5 * unit],
          chance,
          majority: family === "fine-tuning" && metric === "accuracy" ? centre - 0.02 : null,
          groups: [
            { name: `${task}_one`, value: value - unit, n: 150 },
            { name: `${task}_two`, value: value + unit, n: 150 },
          ],
          mode: "official",
          ties: 0,
        };
      }),
      experiments: [],
      absent: [],
    };
  });
}
