/** @file Result tables of the notebooks: plain rows, ready for `showTable` or a danfojs DataFrame. */

import { escape as by, from, not } from "arquero";
import { validationLossOf } from "../../figures/forgetting";
import { baselineScores, isWithdrawn, type PublishedRow } from "../../results/beside-paper";
import type { ScoreRow } from "../../results/frame";
import { runLabel, runOrder, taskLabel } from "../../results/labels";
import { modelScores } from "../../results/model-scores";
import type { Metric, RunSummary, TaskFamily } from "../../results/schema";
import type { Scored } from "../../stats/z-table";
import type { Row } from "./table";

/** One row per task, one column per model: the mean over seeds. */
export function headlineTable(rows: readonly ScoreRow[]): Row[] {
  return modelColumns(modelScores(rows), ["chance", "majority"]);
}

/** Scores as rows of tasks and columns of models; what is the same for all models of a task stands last. */
function modelColumns(scores: readonly (Scored & { metric: Metric })[], constants: readonly string[] = []): Row[] {
  return from([...scores])
    .derive({
      task: by((d: Scored) => taskLabel(d.task)),
      metric: by((d: { metric: Metric }) => d.metric.replace(/_/g, " ")),
    })
    .groupby("task", "metric", ...constants)
    .pivot("model", "value", { sort: false })
    .select(not(...constants), ...constants)
    .objects();
}

/** Loss on held-out replies of both sources after a run's last stage, nats per token. */
export function replyLossTable(runs: readonly RunSummary[]): Row[] {
  return inOrder(runs).map((run) => ({
    run: runLabel(run.model, run.variant),
    "Switchboard replies (nats per token)": validationLossOf(run, "switchboard-replies"),
    "Wikipedia replies (nats per token)": validationLossOf(run, "simple_wiki-replies"),
  }));
}

/** One row per part of a task (BLiMP's paradigms, say), one column per run. @throws Error if no run has the task */
export function partsTable(runs: readonly RunSummary[], task: string): Row[] {
  const parts = inOrder(runs).flatMap(({ model, variant, scores }) =>
    scores
      .filter((score) => score.task === task)
      .flatMap((score) =>
        score.groups.map(({ name, n, value }) => ({ part: name, n, run: runLabel(model, variant), value })),
      ),
  );
  if (parts.length === 0) throw new Error(`no run was scored on "${task}"`);
  return from(parts).groupby("part", "n").pivot("run", "value", { sort: false }).objects();
}

/** Scores of one family as the figures show them, beside the same models' scores under another mode. */
export function correctionTable(runs: readonly RunSummary[], family: TaskFamily): Row[] {
  return inOrder(runs).flatMap((run) =>
    run.experiments
      .filter((e) => e.family === family)
      .map((experiment) => {
        const drawn = run.scores.find((s) => s.task === experiment.task && s.metric === experiment.metric);
        return {
          run: runLabel(run.model, run.variant),
          task: taskLabel(experiment.task),
          metric: experiment.metric.replace(/_/g, " "),
          "in the figures": drawn?.mode,
          score: drawn?.value,
          "beside it": experiment.mode,
          "its score": experiment.value,
          difference: drawn === undefined ? undefined : experiment.value - drawn.value,
        };
      }),
  );
}

/** The paper's baselines as published, in our metrics: one row per task and metric, one column per model. */
export function publishedTable(rows: readonly PublishedRow[]): Row[] {
  return modelColumns(baselineScores(rows));
}

/** Every published reading score of a baseline, the withdrawn ones named: percent of variance explained. */
export function readingBaselineTable(rows: readonly PublishedRow[], models: readonly string[]): Row[] {
  return rows
    .filter(
      (r) => r.task.startsWith("reading") && r.metric === "percent of max R2 increase" && models.includes(r.model),
    )
    .map((r) => ({
      model: r.model,
      task: taskLabel(r.task),
      "percent explained": r.value,
      withdrawn: isWithdrawn(r) ? "yes" : "",
      source: r.source,
    }));
}

/** Tasks without data or without a meaning for a run, each once, with the reason. */
export function absentTable(runs: readonly RunSummary[]): Row[] {
  const reasons = new Map<string, string[]>();
  for (const run of inOrder(runs)) {
    for (const { task, why } of run.absent) {
      const key = JSON.stringify([task, why]);
      reasons.set(key, [...(reasons.get(key) ?? []), runLabel(run.model, run.variant)]);
    }
  }
  return [...reasons].map(([key, models]) => {
    const [task, why] = JSON.parse(key) as [string, string];
    return { task: taskLabel(task), why, models: models.length === runs.length ? "all" : models.join(", ") };
  });
}

function inOrder(runs: readonly RunSummary[]): RunSummary[] {
  return [...runs].sort((a, b) => runOrder(a.model, a.variant) - runOrder(b.model, b.variant));
}
