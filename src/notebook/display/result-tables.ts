/** @file Result tables of the notebooks: plain rows, ready for `showTable` or a danfojs DataFrame. */

import { validationLossOf } from "../../figures/forgetting";
import { baselineScores, isWithdrawn, type PublishedRow } from "../../results/beside-paper";
import type { ScoreRow } from "../../results/frame";
import { runLabel, runOrder, taskLabel } from "../../results/labels";
import { modelScores } from "../../results/model-scores";
import type { RunSummary, TaskFamily } from "../../results/schema";
import type { Row } from "./table";

/** One row a task, one column a model: the mean over seeds. */
export function headlineTable(rows: readonly ScoreRow[]): Row[] {
  const scores = modelScores(rows);
  const keys = [...new Set(scores.map((s) => JSON.stringify([s.task, s.metric])))];
  return keys.map((key) => {
    const [task, metric] = JSON.parse(key) as [string, string];
    const members = scores.filter((s) => s.task === task && s.metric === metric);
    return {
      task: taskLabel(task),
      metric: metric.replace(/_/g, " "),
      ...Object.fromEntries(members.map((m) => [m.model, m.value])),
      chance: members[0].chance,
      majority: members[0].majority,
    };
  });
}

/** Loss on held-out replies of both sources after a run's last stage, nats per token. */
export function replyLossTable(runs: readonly RunSummary[]): Row[] {
  return inOrder(runs).map((run) => ({
    run: runLabel(run.model, run.variant),
    "Switchboard replies (nats per token)": validationLossOf(run, "switchboard-replies"),
    "Wikipedia replies (nats per token)": validationLossOf(run, "simple_wiki-replies"),
  }));
}

/** One row a part of a task (BLiMP's paradigms, say), one column a run. @throws Error if no run has the task */
export function partsTable(runs: readonly RunSummary[], task: string): Row[] {
  const scored = inOrder(runs).flatMap((run) => {
    const score = run.scores.find((s) => s.task === task);
    return score === undefined ? [] : [{ label: runLabel(run.model, run.variant), groups: score.groups }];
  });
  if (scored.length === 0) throw new Error(`no run was scored on "${task}"`);
  return scored[0].groups.map(({ name, n }) => ({
    part: name,
    n,
    ...Object.fromEntries(scored.map((s) => [s.label, s.groups.find((g) => g.name === name)?.value])),
  }));
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

/** The paper's baselines as published, in our metrics: one row a task and metric, one column a model. */
export function publishedTable(rows: readonly PublishedRow[]): Row[] {
  const scores = baselineScores(rows);
  const models = [...new Set(scores.map((s) => s.model))];
  const keys = [...new Set(scores.map((s) => JSON.stringify([s.task, s.metric])))];
  return keys.map((key) => {
    const [task, metric] = JSON.parse(key) as [string, string];
    const scoreOf = (model: string) =>
      scores.find((s) => s.model === model && s.task === task && s.metric === metric)?.value;
    return {
      task: taskLabel(task),
      metric: metric.replace(/_/g, " "),
      ...Object.fromEntries(models.map((model) => [model, scoreOf(model)])),
    };
  });
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
