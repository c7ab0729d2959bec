/** @file Maps a task to its kind, the object that knows how such tasks are scored and stored. */

import type { Task, ZeroShotTask } from "../../tasks/task";
import { ageOfAcquisition } from "./age-of-acquisition";
import { classification } from "./classification";
import { forcedChoice } from "./forced-choice";
import type { Kind, ZeroShotKind } from "./kind";
import { preference } from "./preference";
import { reading } from "./reading";

const ZERO_SHOT_KINDS: { [K in ZeroShotTask["kind"]]: ZeroShotKind<Extract<ZeroShotTask, { kind: K }>> } = {
  "forced-choice": forcedChoice,
  preference,
  reading,
  "age-of-acquisition": ageOfAcquisition,
};

const KINDS: { [K in Task["kind"]]: Kind<Extract<Task, { kind: K }>> } = { ...ZERO_SHOT_KINDS, classification };

/** The kind of any task. */
export function kindOf(task: Task): Kind<Task> {
  return KINDS[task.kind] as Kind<Task>;
}

/** The kind of a zero-shot task, which also has its scoring function. */
export function zeroShotKindOf(task: ZeroShotTask): ZeroShotKind<ZeroShotTask> {
  return ZERO_SHOT_KINDS[task.kind] as ZeroShotKind<ZeroShotTask>;
}
