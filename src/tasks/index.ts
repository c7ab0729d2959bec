/** @file The benchmarks, in the order in which the pipeline runs them; those that it does not have come last. */

import { oneOf } from "../util/check";
import { AOA } from "./aoa";
import { BLIMP } from "./blimp";
import { BLIMP_SUPPLEMENT } from "./blimp-supplement";
import { COMPS } from "./comps";
import { COMPS_LIKE } from "./comps-like";
import { ENTITY_TRACKING } from "./entity-tracking";
import { EWOK } from "./ewok";
import { READING } from "./reading";
import { SUPERGLUE } from "./superglue";
import type { Task, ZeroShotTask } from "./task";
import { WUG_ADJ, WUG_PAST } from "./wug";
import { ZORRO } from "./zorro";

/** Tasks that a model answers as it is. */
export const ZERO_SHOT: readonly ZeroShotTask[] = [
  BLIMP,
  BLIMP_SUPPLEMENT,
  EWOK,
  ENTITY_TRACKING,
  WUG_ADJ,
  WUG_PAST,
  COMPS,
  READING,
  AOA,
  ZORRO,
  COMPS_LIKE,
];

/** All tasks: zero-shot, then fine-tuned. */
export const TASKS: readonly Task[] = [...ZERO_SHOT, ...SUPERGLUE];

/** The zero-shot task of this name. @throws Error listing the tasks */
export function zeroShotTask(name: string): ZeroShotTask {
  const names = ZERO_SHOT.map((t) => t.name);
  return ZERO_SHOT[names.indexOf(oneOf("task", name, names))];
}

/** The pipeline's two sizes of every set: all items, or a part of them. */
export type Suite = "full" | "fast";
