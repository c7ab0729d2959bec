/**
 * @file The list of benchmarks, in the order of the pipeline; those that are not in the pipeline come last. To add a
 * task, see task.ts.
 */

import { oneOf } from "../util/check";
import { AOA } from "./aoa";
import { BLIMP } from "./blimp";
import { BLIMP_SUPPLEMENT } from "./blimp-supplement";
import { COMPS } from "./comps";
import { COMPS_LIKE } from "./comps-like";
import { ENTITY_TRACKING, ENTITY_TRACKING_WITHOUT_NOTHING } from "./entity-tracking";
import { EWOK, EWOK_CONTEXTS } from "./ewok";
import { READING } from "./reading";
import { SUPERGLUE } from "./superglue";
import type { Protocol, Task, ZeroShotTask } from "./task";
import { WUG_ADJ, WUG_PAST } from "./wug";
import { ZORRO } from "./zorro";

/** Tasks scored without fine-tuning. */
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

/** Changes that a protocol makes to the tasks themselves. */
export interface TaskRules {
  protocol: Protocol;
  /** EWoK: compare two targets after one context, or one target after two contexts. */
  ewok: "targets" | "contexts";
  /** Entity tracking: all rows, or those in which no option says "nothing". */
  entityTracking: "all" | "without-nothing";
}

const RULES_2025: TaskRules = { protocol: "2025", ewok: "targets", entityTracking: "all" };

/** The tasks under these rules: replaced by their version of the protocol, or left out. */
export function tasksUnder<T extends Task>(rules: TaskRules, tasks: readonly T[]): T[] {
  const versions = new Map<Task, Task>();
  if (rules.ewok === "contexts") versions.set(EWOK, EWOK_CONTEXTS);
  if (rules.entityTracking === "without-nothing") versions.set(ENTITY_TRACKING, ENTITY_TRACKING_WITHOUT_NOTHING);
  return tasks
    .filter(({ protocols }) => protocols === undefined || protocols.includes(rules.protocol))
    .map((task) => (versions.get(task) ?? task) as T);
}

/** The zero-shot task of this name. @throws Error listing the tasks */
export function zeroShotTask(name: string, rules: TaskRules = RULES_2025): ZeroShotTask {
  const tasks = tasksUnder(rules, ZERO_SHOT);
  const names = tasks.map((t) => t.name);
  return tasks[names.indexOf(oneOf("task", name, names))];
}

/** The pipeline's two sizes of every set: all items, or a subset. */
export type Suite = "full" | "fast";
