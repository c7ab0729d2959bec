/** @file Every run of the reproduction by its id, `<model>-<variant>`. */

import type { ModelName, Variant } from "../results/schema";
import { oneOf } from "../util/check";
import { CONTROLS, VARIANTS } from "./curricula";
import type { Scale } from "./scale";

export interface Run {
  runId: string;
  model: ModelName;
  variant: Variant;
}

/** The paper's eight models. */
export const RUNS: readonly Run[] = runsOf(VARIANTS);

/** Our control runs: part of scale `study`; at other scales trained only when named. */
export const CONTROL_RUNS: readonly Run[] = runsOf(CONTROLS);

/** The runs of a reproduction if none are named. */
export function runsAt(scale: Scale): readonly Run[] {
  return scale === "study" ? [...RUNS, ...CONTROL_RUNS] : RUNS;
}

/** @throws Error listing the runs if there is none of that id */
export function findRun(runId: string): Run {
  const all = [...RUNS, ...CONTROL_RUNS];
  const valid = oneOf(
    "run",
    runId,
    all.map((run) => run.runId),
  );
  return all.find((run) => run.runId === valid) as Run;
}

function runsOf(variants: Record<ModelName, readonly Variant[]>): Run[] {
  return (Object.keys(variants) as ModelName[]).flatMap((model) =>
    variants[model].map((variant) => ({ runId: `${model}-${variant}`, model, variant })),
  );
}
