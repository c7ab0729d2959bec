/**
 * @file The stages of a reproduction as a graph: ids, dependencies, and how to run a stage.
 *
 * Ids are `prepare`, `tokenizer/<model>`, `pretrain/<model>`, `instruct/<run>`, `zero-shot/<run>/<task>`,
 * `finetune/<run>/<task>`, `learning-curve/<model>` (at the scales that have one), `summarise/<run>`. `reproduce` runs
 * the graph on one machine (`jobsFor` groups the tasks of a run into one process), `sweep` passes it to Snakemake.
 */

import { VARIANTS } from "../experiments/curricula";
import { CONTROL_RUNS, findRun, RUNS, type Run } from "../experiments/runs";
import type { ModelName } from "../results/schema";
import { oneOf } from "../util/check";
import { fineTuneOn, fineTuneTasks, withModel, zeroShot, zeroShotTasks } from "./evaluate-run";
import { instruct, parentOf } from "./instruct";
import type { Job } from "./job-pool";
import { hasLearningCurve, learningCurve } from "./learning-curve";
import { prepare } from "./prepare";
import { pretrain } from "./pretrain";
import { summarise } from "./summarise";
import { trainTokenizer } from "./train-tokenizer";
import type { Workspace } from "./workspace";

export type Report = (share: number, note: string) => void;

const STAGE_KINDS = [
  "prepare",
  "tokenizer",
  "pretrain",
  "instruct",
  "zero-shot",
  "finetune",
  "learning-curve",
  "summarise",
] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

/** One stage and the stages that must have finished before it. */
export interface StageNode {
  id: string;
  kind: StageKind;
  needs: readonly string[];
}

/** All stages that the given runs need, including the trainings they start from, in a valid order. */
export function stageGraph(workspace: Workspace, runs: readonly Run[] = RUNS): StageNode[] {
  const trained = withParents(runs);
  const models = [...new Set(trained.map((run) => run.model))];
  const node = (kind: StageKind, target: string | null, needs: readonly string[]): StageNode => ({
    id: target === null ? kind : `${kind}/${target}`,
    kind,
    needs,
  });
  const training = trained.map((run) =>
    run.variant === "base"
      ? node("pretrain", run.model, [`tokenizer/${run.model}`])
      : node("instruct", run.runId, [trainingStage(parentOf(run))]),
  );
  const evaluation = trained
    .filter((run) => runs.includes(run))
    .flatMap((run) => {
      const after = [trainingStage(run)];
      const scores = zeroShotTasks(workspace, run).map(({ task }) => node("zero-shot", `${run.runId}/${task}`, after));
      const tuned = fineTuneTasks(workspace).map(({ task }) => node("finetune", `${run.runId}/${task}`, after));
      const curve = wantsCurve(workspace, run) ? [node("learning-curve", run.model, after)] : [];
      const evaluated = [...scores, ...tuned, ...curve];
      const needs = evaluated.length > 0 ? evaluated.map(({ id }) => id) : after;
      return [...evaluated, node("summarise", run.runId, needs)];
    });
  return [
    node("prepare", null, []),
    ...models.map((model) => node("tokenizer", model, ["prepare"])),
    ...training,
    ...evaluation,
  ];
}

/** Expected seconds at scale tiny on one core, for the order of jobs and the time left; only their ratios matter. */
const COST = { pretrain: 270, instruct: 45, "zero-shot": 30, finetune: 75, "learning-curve": 600 };

/** The trainings and evaluations of a graph as jobs for one machine; all evaluation tasks of a run are one job. */
export function jobsFor(workspace: Workspace, runs: readonly Run[] = RUNS): Job[] {
  return withParents(runs).flatMap((run) => {
    const train = trainingStage(run);
    const kind = run.variant === "base" ? "pretrain" : "instruct";
    const after = runs.includes(run) ? (["zero-shot", "finetune"] as const) : [];
    return [
      { id: train, needs: run.variant === "base" ? [] : [trainingStage(parentOf(run))], cost: COST[kind] },
      ...after.map((stage) => ({ id: `${stage}/${run.runId}`, needs: [train], cost: COST[stage] })),
      ...(runs.includes(run) && wantsCurve(workspace, run)
        ? [{ id: `learning-curve/${run.model}`, needs: [train], cost: COST["learning-curve"] }]
        : []),
    ];
  });
}

/**
 * Run one stage, or return immediately if it was done before. `zero-shot/<run>` and `finetune/<run>` run all tasks of
 * the run.
 *
 * @throws Error listing the valid ids, for an unknown one
 */
export async function runStage(workspace: Workspace, id: string, report: Report): Promise<void> {
  const [stage, target = "", task] = id.split("/");
  const kind = oneOf("stage", stage, STAGE_KINDS);
  switch (kind) {
    case "prepare":
      return prepare(workspace, report);
    case "tokenizer":
      return trainTokenizer(workspace, model(target));
    case "pretrain":
      return pretrain(workspace, model(target), report);
    case "learning-curve":
      return learningCurve(workspace, model(target), report);
    case "instruct":
      return instruct(workspace, findRun(target), report);
    case "summarise":
      summarise(workspace, findRun(target));
      return;
    case "zero-shot": {
      const run = findRun(target);
      const tasks = task === undefined ? zeroShotTasks(workspace, run).map((p) => p.task) : [task];
      return withModel(workspace, run, (openModel) =>
        runTasks(tasks, report, (name, reportTask) => zeroShot(workspace, run, name, openModel, reportTask)),
      );
    }
    case "finetune": {
      const run = findRun(target);
      const tasks = task === undefined ? fineTuneTasks(workspace).map((p) => p.task) : [task];
      return runTasks(tasks, report, (name, reportTask) => fineTuneOn(workspace, run, name, reportTask));
    }
  }
}

async function runTasks(
  tasks: readonly string[],
  report: Report,
  runTask: (task: string, report: Report) => Promise<void>,
): Promise<void> {
  for (const [i, task] of tasks.entries()) {
    await runTask(task, (share, note) => report((i + share) / tasks.length, note));
  }
}

/** The runs and all runs from which they start. */
function withParents(runs: readonly Run[]): Run[] {
  const wanted = new Set<Run>();
  for (const run of runs)
    for (let r: Run | null = run; r !== null; r = r.variant === "base" ? null : parentOf(r)) wanted.add(r);
  return [...RUNS, ...CONTROL_RUNS].filter((run) => wanted.has(run));
}

const wantsCurve = (workspace: Workspace, run: Run) => run.variant === "base" && hasLearningCurve(workspace);

const model = (name: string): ModelName => oneOf("model", name, Object.keys(VARIANTS) as ModelName[]);

const trainingStage = (run: Run) => (run.variant === "base" ? `pretrain/${run.model}` : `instruct/${run.runId}`);
