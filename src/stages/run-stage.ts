/** @file The jobs of a reproduction by their ids, `<stage>/<model or run>`, with what each needs and about how long it takes. */

import { VARIANTS } from "../experiments/curricula";
import { findRun, RUNS, type Run } from "../experiments/runs";
import type { ModelName } from "../results/schema";
import { oneOf } from "../util/check";
import { fineTuneAll, zeroShot } from "./evaluate-run";
import { instruct, parentOf } from "./instruct";
import type { Job } from "./job-pool";
import { pretrain } from "./pretrain";
import type { Workspace } from "./workspace";

export type Report = (share: number, note: string) => void;

const STAGES = ["pretrain", "instruct", "zero-shot", "finetune"] as const;
type Stage = (typeof STAGES)[number];

/** Expected seconds at scale tiny on one core, for the order of jobs and the time left; only their ratios matter. */
const COST: Record<Stage, number> = { pretrain: 270, instruct: 45, "zero-shot": 30, finetune: 75 };

/** Every job that the given runs need, the runs they start from included. */
export function jobsFor(runs: readonly Run[] = RUNS): Job[] {
  const wanted = new Set<Run>();
  for (const run of runs)
    for (let r: Run | null = run; r !== null; r = r.variant === "base" ? null : parentOf(r)) wanted.add(r);
  return RUNS.filter((run) => wanted.has(run)).flatMap((run) => {
    const train = trainingJob(run);
    const scored = runs.includes(run);
    const after = scored ? (["zero-shot", "finetune"] as const) : [];
    return [
      { id: train, needs: run.variant === "base" ? [] : [trainingJob(parentOf(run))], cost: COST[stageOf(train)] },
      ...after.map((stage) => ({ id: `${stage}/${run.runId}`, needs: [train], cost: COST[stage] })),
    ];
  });
}

/** Run one job to its end, or return at once if it had been done. @throws Error listing what is valid for another id */
export async function runStage(w: Workspace, jobId: string, report: Report): Promise<void> {
  const target = jobId.slice(jobId.indexOf("/") + 1);
  switch (stageOf(jobId)) {
    case "pretrain":
      return pretrain(w, oneOf("model", target, Object.keys(VARIANTS) as ModelName[]), report);
    case "instruct":
      return instruct(w, findRun(target), report);
    case "zero-shot":
      return zeroShot(w, findRun(target), report);
    case "finetune":
      return fineTuneAll(w, findRun(target), report);
  }
}

const stageOf = (jobId: string): Stage => oneOf("stage", jobId.split("/")[0], STAGES);

const trainingJob = (run: Run) => (run.variant === "base" ? `pretrain/${run.model}` : `instruct/${run.runId}`);
