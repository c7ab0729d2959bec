/** @file Reads a scored model's answers, item by item, from its result folder, for a paired comparison. */

import * as fs from "node:fs";
import { type Suite, TASKS, tasksUnder } from "../tasks/index";
import type { Task } from "../tasks/task";
import { availableTasks, taskDataFolder } from "./available-tasks";
import { kindOf } from "./kinds/index";
import type { TaskAnswers } from "./paired-comparison";
import { OFFICIAL, type ScoringMode } from "./scoring-mode";

/**
 * Answers to every task that was scored: zero-shot choices and preferences, and fine-tuned classes. Reading and age of
 * acquisition have no answers per item and are left out.
 *
 * @param modelFolder - `<results>/<model>/<revision>`
 * @throws Error if a file does not fit the data
 */
export function loadAnswers(
  modelFolder: string,
  dataRoot: string,
  suite: Suite = "full",
  mode: ScoringMode = OFFICIAL,
  tasks: readonly Task[] = TASKS,
): TaskAnswers[] {
  if (!fs.existsSync(modelFolder)) throw new Error(`${modelFolder}: no such folder; want <results>/<model>/<revision>`);
  const own = tasksUnder(mode, tasks);
  const { present } = availableTasks(dataRoot, suite, own);
  return own.flatMap((task) => {
    // a fine-tuned task is scored on its validation rows only, so its training rows may be absent
    const found = present.find((p) => p.task === task.name)?.dataFolder ?? taskDataFolder(task, dataRoot, suite);
    const answers = found === null ? null : kindOf(task).answers(task, modelFolder, found, mode);
    return answers === null ? [] : [answers];
  });
}
