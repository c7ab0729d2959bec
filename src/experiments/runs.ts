/** @file Every run of the reproduction by its id, `<model>-<variant>`. */

import type { ModelName, Variant } from "../results/schema";
import { oneOf } from "../util/check";
import { VARIANTS } from "./curricula";

export interface Run {
  runId: string;
  model: ModelName;
  variant: Variant;
}

export const RUNS: readonly Run[] = (Object.keys(VARIANTS) as ModelName[]).flatMap((model) =>
  VARIANTS[model].map((variant) => ({ runId: `${model}-${variant}`, model, variant })),
);

/** @throws Error listing the runs if there is none of that id */
export function findRun(runId: string): Run {
  const valid = oneOf(
    "run",
    runId,
    RUNS.map((r) => r.runId),
  );
  return RUNS.find((r) => r.runId === valid) as Run;
}
