/** @file Result tables for notebooks: plain rows, for `showTable` or a danfojs DataFrame. */

import { escape as by, from, not } from "arquero";
import { validationLossOf } from "../../figures/forgetting";
import { baselineScores, isWithdrawn, type PublishedRow } from "../../results/beside-paper";
import type { ScoreRow } from "../../results/frame";
import { runLabel, runOrder, taskLabel } from "../../results/labels";
import { modelScores } from "../../results/model-scores";
import type { Metric, RunSummary } from "../../results/schema";
import { uninformativeTasks } from "../../results/uninformative";
import { meanOf } from "../../stats/mean";
import type { Scored } from "../../stats/z-table";
import type { Row } from "./table";

/** One row per task, one column per model: the mean over seeds. */
export function headlineTable(rows: readonly ScoreRow[]): Row[] {
  return modelColumns(modelScores(rows), ["chance", "majority"]);
}

/** Scores with one row per task and one column per model; values that are equal for all models come last. */
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

/** Loss on held-out replies of both sources after a run's last stage, nats per token; means over the seeds of `runs`. */
export function replyLossTable(runs: readonly RunSummary[]): Row[] {
  return bySeeds(runs).map((members) => ({
    run: runLabel(members[0].model, members[0].variant),
    "Switchboard replies": meanOf(members.map((run) => validationLossOf(run, "switchboard-replies"))),
    "Wikipedia replies": meanOf(members.map((run) => validationLossOf(run, "simple_wiki-replies"))),
    seeds: members.length,
  }));
}

/**
 * One row per part of a task (such as BLiMP's paradigms), one column per run: means over seeds. @throws Error if no run
 * has the task
 */
export function partsTable(runs: readonly RunSummary[], task: string): Row[] {
  const parts = bySeeds(runs).flatMap((members) => {
    const groups = members.flatMap(({ scores }) => scores.filter((s) => s.task === task).flatMap((s) => s.groups));
    const names = [...new Set(groups.map(({ name }) => name))];
    return names.map((name) => {
      const own = groups.filter((group) => group.name === name);
      const [{ model, variant }] = members;
      return { part: name, n: own[0].n, run: runLabel(model, variant), value: meanOf(own.map(({ value }) => value)) };
    });
  });
  if (parts.length === 0) throw new Error(`no run was scored on "${task}"`);
  return from(parts).groupby("part", "n").pivot("run", "value", { sort: false }).objects();
}

/** The fine-tuning tasks on which models cannot be ordered, each with the reason. */
export function uninformativeTable(rows: readonly ScoreRow[]): Row[] {
  return uninformativeTasks(rows).map(({ task, why }) => ({ task: taskLabel(task), "left out because": why }));
}

/** The paper's baselines as published, in our metrics: one row per task and metric, one column per model. */
export function publishedTable(rows: readonly PublishedRow[]): Row[] {
  return modelColumns(baselineScores(rows));
}

/** Every published reading score of a baseline, the withdrawn ones marked: percent of variance explained. */
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

/** Tasks without data, or not meaningful for a run, each listed once with the reason. */
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

/** Groups the runs of one model and variant (its seeds), in the order of figures. */
function bySeeds(runs: readonly RunSummary[]): RunSummary[][] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of inOrder(runs)) groups.set(run.runId, [...(groups.get(run.runId) ?? []), run]);
  return [...groups.values()];
}

function inOrder(runs: readonly RunSummary[]): RunSummary[] {
  return [...runs].sort((a, b) => runOrder(a.model, a.variant) - runOrder(b.model, b.variant));
}
