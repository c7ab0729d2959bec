/** @file Which tasks a data folder holds, and why the others are absent. */

import * as fs from "node:fs";
import * as path from "node:path";
import { type Suite, ZERO_SHOT } from "../tasks/index";
import { SUPERGLUE } from "../tasks/superglue";
import type { Task } from "../tasks/task";
import { kindOf } from "./kinds/index";
import { evaluationFolder } from "./official/folders";

/** A task and the folder its data are in. */
export interface PresentTask {
  task: string;
  dataFolder: string;
}

/** Tasks with data, and tasks without, each with the reason. */
export interface TasksFound {
  present: PresentTask[];
  absent: { task: string; why: string }[];
}

/**
 * The tasks whose data are below `<dataRoot>/evaluation_data/{full,fast}_eval`. In the fast suite, a task without fast
 * data takes its full data: the organisers' fast reading and wug files are the full ones.
 *
 * @param dataRoot - the folder that holds `evaluation_data/`, or that folder itself
 * @param tasks - default the zero-shot tasks
 */
export function availableTasks(dataRoot: string, suite: Suite, tasks: readonly Task[] = ZERO_SHOT): TasksFound {
  const found: TasksFound = { present: [], absent: [] };
  for (const task of tasks) {
    const own = lookFor(task, dataRoot, suite);
    const full = suite === "fast" && own.dataFolder !== null ? lookFor(task, dataRoot, "full") : own;
    const { dataFolder, why } = own.why !== null && full.why === null ? full : own;
    if (why !== null) found.absent.push({ task: task.name, why });
    else if (dataFolder !== null) found.present.push({ task: task.name, dataFolder });
  }
  return found;
}

/** The same for the fine-tuning tasks: both files of each must be there. */
export function availableGlue(dataRoot: string): TasksFound {
  return availableTasks(dataRoot, "full", SUPERGLUE);
}

/** The folder of a task's data in a suite; null where the suite does not have the task. */
export function taskDataFolder(task: Task, dataRoot: string, suite: Suite): string | null {
  const folder = task.folder[suite];
  if (folder === null) return null;
  const root = evaluationFolder(dataRoot, suite);
  const names = kindOf(task).dataFolders(folder);
  return path.join(root, names.find((name) => fs.existsSync(path.join(root, name))) ?? names[0]);
}

/** A task's data in one suite, and what keeps them from being used. */
function lookFor(task: Task, dataRoot: string, suite: Suite): { dataFolder: string | null; why: string | null } {
  const dataFolder = taskDataFolder(task, dataRoot, suite);
  if (dataFolder === null) return { dataFolder, why: `not part of the ${suite} suite` };
  return { dataFolder, why: kindOf(task).whyAbsent(task, dataFolder, `${suite}_eval/${path.basename(dataFolder)}`) };
}
