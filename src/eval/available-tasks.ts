/** @file Finds the tasks whose data a folder contains, and why the others are absent. */

import * as fs from "node:fs";
import * as path from "node:path";
import { type Suite, ZERO_SHOT } from "../tasks/index";
import { SUPERGLUE } from "../tasks/superglue";
import type { Task } from "../tasks/task";
import { oneOf } from "../util/check";
import { kindOf } from "./kinds/index";
import { suiteFolder, suiteNamed } from "./official/folders";

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

/** How a `--data` folder was interpreted. */
export interface DataFound extends TasksFound {
  suite: Suite;
  /** Description for the user: `full suite in data/evaluation_data/full_eval`. */
  taken: string;
}

/**
 * Find the tasks in a folder given by the user: one with `evaluation_data/` in it, that folder, one of its suites, or a
 * task's own folder. A folder named `fast_eval`, or like a task's fast data, means the fast suite.
 *
 * @param wanted - `all`, or a task's name
 * @param isFast - the fast suite was asked for
 * @throws Error naming the expected data if nothing is found
 */
export function findTasks(
  data: string,
  wanted: string,
  isFast: boolean,
  tasks: readonly Task[] = ZERO_SHOT,
): DataFound {
  if (!fs.existsSync(data)) throw new Error(`${data}: no such folder; want one with ${ACCEPTED}`);
  const chosen = wanted === "all" ? tasks : tasks.filter(({ name }) => name === wanted);
  if (chosen.length === 0)
    oneOf(
      "task",
      wanted,
      tasks.map(({ name }) => name),
    );
  const suite: Suite = isFast || suiteOf(data, chosen) === "fast" ? "fast" : "full";
  const found = availableTasks(data, suite, chosen);
  const own = chosen.filter((task) => taskDataFolder(task, data, suite) === data).map(({ name }) => name);
  const present = found.present.filter(({ task }) => own.includes(task));
  if (present.length > 0) {
    const absent = found.absent.filter(({ task }) => own.includes(task));
    return { present, absent, suite, taken: `data of ${present.map(({ task }) => task).join(", ")} in ${data}` };
  }
  if (found.present.length > 0) return { ...found, suite, taken: `${suite} suite in ${suiteFolder(data, suite)}` };
  const strange = wanted === "all" ? [] : chosen.filter((task) => kindOf(task).whyAbsent(task, data, data) === null);
  if (strange.length > 0) {
    const task = strange[0].name;
    return { present: [{ task, dataFolder: data }], absent: [], suite, taken: `data of ${task} in ${data}` };
  }
  const lacks = wanted === "all" ? `no task of the ${suite} suite` : found.absent.map(({ why }) => why).join(", ");
  throw new Error(`${data}: ${lacks}; want ${ACCEPTED}, or a task's own folder`);
}

const ACCEPTED = "evaluation_data/, full_eval/ or fast_eval/";

/** The suite that a folder's name implies, directly or as the name of a task's data; null if none. */
function suiteOf(data: string, tasks: readonly Task[]): Suite | null {
  const name = path.basename(path.resolve(data));
  const isOf = (suite: Suite) => tasks.some(({ folder }) => folder[suite] === name);
  return suiteNamed(data) ?? (isOf("full") ? "full" : isOf("fast") ? "fast" : null);
}

/**
 * The tasks whose data are below `evaluation_data/{full,fast}_eval`. In the fast suite, a task without fast data takes its
 * full data: the organisers' fast reading and wug files are the full ones.
 *
 * @param dataRoot - holds `evaluation_data/`, is that folder, one of its suites or a task's own folder
 * @param tasks - default the zero-shot tasks
 */
export function availableTasks(dataRoot: string, suite: Suite, tasks: readonly Task[] = ZERO_SHOT): TasksFound {
  const found: TasksFound = { present: [], absent: [] };
  for (const task of tasks) {
    const own = lookFor(task, dataRoot, suite);
    const full = suite === "fast" && own.dataFolder !== null ? lookFor(task, dataRoot, "full") : own;
    const { dataFolder, why } = own.why !== null && full.why === null ? full : own;
    if (why !== null) {
      if (task.isExtra !== true) found.absent.push({ task: task.name, why });
    } else if (dataFolder !== null) found.present.push({ task: task.name, dataFolder });
  }
  return found;
}

/** The same for the fine-tuning tasks: both files of each task must exist. */
export function availableGlue(dataRoot: string): TasksFound {
  return availableTasks(dataRoot, "full", SUPERGLUE);
}

/** The folder of a task's data in a suite; null if the suite does not have the task. */
export function taskDataFolder(task: Task, dataRoot: string, suite: Suite): string | null {
  const folder = task.folder[suite];
  if (folder === null) return null;
  const names = kindOf(task).dataFolders(folder);
  if (names.includes(path.basename(path.resolve(dataRoot)))) return dataRoot;
  const root = suiteFolder(dataRoot, suite);
  return path.join(root, names.find((name) => fs.existsSync(path.join(root, name))) ?? names[0]);
}

/** A task's data folder in one suite, or the reason why it cannot be used. */
function lookFor(task: Task, dataRoot: string, suite: Suite): { dataFolder: string | null; why: string | null } {
  const dataFolder = taskDataFolder(task, dataRoot, suite);
  if (dataFolder === null) return { dataFolder, why: `not part of the ${suite} suite` };
  return { dataFolder, why: kindOf(task).whyAbsent(task, dataFolder, `${suite}_eval/${path.basename(dataFolder)}`) };
}
