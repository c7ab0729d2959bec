/** @file The benchmarks, in the order in which the pipeline runs them; those that it does not have come last. */

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

/** What a protocol, or a single change of it, does to the tasks themselves. */
export interface TaskRules {
  protocol: Protocol;
  /** EWoK: compare two targets after one context, or one target after two contexts. */
  ewok: "targets" | "contexts";
  /** Entity tracking: all rows, or those in which no option says "nothing". */
  entityTracking: "all" | "without-nothing";
}

const RULES_2025: TaskRules = { protocol: "2025", ewok: "targets", entityTracking: "all" };

/** Tasks as these rules have them: versions replaced, tasks that the protocol does not have left out. */
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

/** The pipeline's two sizes of every set: all items, or a part of them. */
export type Suite = "full" | "fast";
