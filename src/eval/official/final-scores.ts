/**
 * @file The final table of the pipeline: one number per benchmark, computed from the collated predictions.
 *
 * Rules of the pipeline: texts are compared without outer blanks, mean over sub-tasks (entity tracking: over all cells
 * of file and number of operations), 100 times a fraction; accuracy for every fine-tuning task. The mean with F1 for
 * MRPC and QQP, which the pipeline's README mentions, has its own row.
 */

import * as path from "node:path";
import { type Suite, TASKS, tasksUnder } from "../../tasks/index";
import type { Task } from "../../tasks/task";
import { readText } from "../../util/text-file";
import { taskDataFolder } from "../available-tasks";
import { kindOf } from "../kinds/index";
import type { FinalScore, StoredTask } from "../kinds/kind";
import { OFFICIAL, type ScoringMode } from "../scoring-mode";
import { parsePythonJson, pythonFixed } from "./python-format";

/**
 * The table's lines.
 *
 * @param file - the collated file; benchmarks that it lacks are left out of the table
 * @param mode - its protocol is that of the results
 */
export function finalScores(
  file: string,
  dataRoot: string,
  suite: Suite = "full",
  tasks: readonly Task[] = TASKS,
  mode: ScoringMode = OFFICIAL,
): FinalScore[] {
  const all = parsePythonJson(readText(file)) as Record<string, unknown>;
  const lines: StoredTask<Task>[][] = [];
  for (const task of tableOrder(tasksUnder(mode, tasks))) {
    const { section } = kindOf(task);
    const stored = (section === null ? all : ((all[section] ?? {}) as typeof all))[task.name];
    const dataFolder = taskDataFolder(task, dataRoot, suite);
    if (stored === undefined || dataFolder === null) continue;
    const resultFolder = path.join(path.dirname(file), "main", kindOf(task).resultFolder(task, dataFolder));
    const part = { task, stored, dataFolder, resultFolder };
    const together = section === null ? undefined : lines.find(([first]) => kindOf(first.task).section === section);
    if (together === undefined) lines.push([part]);
    else together.push(part);
  }
  return lines.flatMap((parts) => kindOf(parts[0].task).finalScores(parts, mode));
}

/** `BLIMP: 53.37`, one line each. */
export function finalTable(scores: readonly FinalScore[]): string {
  return scores.map(({ name, value }) => `${name}: ${pythonFixed(value, 2)}\n`).join("");
}

/** [pipeline] tasks that score training checkpoints come last. */
function tableOrder(tasks: readonly Task[]): Task[] {
  const isLast = (task: Task) => kindOf(task).needsCheckpoints;
  return [...tasks.filter((task) => !isLast(task)), ...tasks.filter(isLast)];
}
