/** @file The benchmarks, in the order in which the pipeline runs them; and which of them a data folder holds. */

import * as fs from "node:fs";
import * as path from "node:path";
import { oneOf } from "../util/check";
import { AOA } from "./aoa";
import { BLIMP } from "./blimp";
import { BLIMP_SUPPLEMENT } from "./blimp-supplement";
import { COMPS } from "./comps";
import { ENTITY_TRACKING } from "./entity-tracking";
import { EWOK } from "./ewok";
import { READING } from "./reading";
import { SUPERGLUE } from "./superglue";
import type { ZeroShotTask } from "./task";
import { WUG_ADJ, WUG_PAST } from "./wug";

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
];

/** @throws Error listing the tasks */
export function zeroShotTask(name: string): ZeroShotTask {
  const names = ZERO_SHOT.map((t) => t.name);
  return ZERO_SHOT[names.indexOf(oneOf("task", name, names))];
}

export type Suite = "full" | "fast";

/** A task and the folder its data are in. */
export interface PresentTask {
  task: string;
  dataFolder: string;
}

/**
 * The zero-shot tasks whose data are below `<dataRoot>/evaluation_data/{full,fast}_eval`, and the others with the reason.
 * In the fast suite, a task without fast data takes its full data: the organisers' fast reading and wug files are the
 * full ones.
 *
 * @param dataRoot - the folder that holds `evaluation_data/`, or that folder itself
 */
export function availableTasks(
  dataRoot: string,
  suite: Suite,
  tasks: readonly ZeroShotTask[] = ZERO_SHOT,
): { present: PresentTask[]; absent: { task: string; why: string }[] } {
  const root = evaluationFolder(dataRoot, suite);
  const present: PresentTask[] = [];
  const absent: { task: string; why: string }[] = [];
  for (const task of tasks) {
    const name = task.folder[suite];
    if (name === null) {
      absent.push({ task: task.name, why: `not part of the ${suite} suite` });
      continue;
    }
    const dataFolder = path.join(root, name);
    const why = whyAbsent(task, dataFolder, name, suite);
    const inFull = path.join(evaluationFolder(dataRoot, "full"), task.folder.full);
    if (why === null) present.push({ task: task.name, dataFolder });
    else if (suite === "fast" && whyAbsent(task, inFull, task.folder.full, "full") === null) {
      present.push({ task: task.name, dataFolder: inFull });
    } else absent.push({ task: task.name, why });
  }
  return { present, absent };
}

/** As `availableTasks`, for the fine-tuning tasks: both files of each must be there. */
export function availableGlue(dataRoot: string): { present: PresentTask[]; absent: { task: string; why: string }[] } {
  const full = evaluationFolder(dataRoot, "full");
  const folders = ["glue_filtered", "glue_filtered_sample"]; // the second: a part of each file
  const folder = folders.find((name) => fs.existsSync(path.join(full, name))) ?? folders[0];
  const dataFolder = path.join(full, folder);
  const present: PresentTask[] = [];
  const absent: { task: string; why: string }[] = [];
  for (const { name } of SUPERGLUE) {
    const missing = ["train", "valid"].filter((part) => !fs.existsSync(path.join(dataFolder, `${name}.${part}.jsonl`)));
    if (missing.length === 0) present.push({ task: name, dataFolder });
    else absent.push({ task: name, why: `no ${missing.map((p) => `${folder}/${name}.${p}.jsonl`).join(", ")}` });
  }
  return { present, absent };
}

/** `<root>/evaluation_data/{full,fast}_eval`; `dataRoot` may be the `evaluation_data` folder itself. */
export function evaluationFolder(dataRoot: string, suite: Suite): string {
  const inside = path.join(dataRoot, "evaluation_data");
  return path.join(fs.existsSync(inside) ? inside : dataRoot, `${suite}_eval`);
}

function whyAbsent(task: ZeroShotTask, folder: string, name: string, suite: Suite): string | null {
  if (!fs.existsSync(folder)) return `no folder ${suite}_eval/${name}`;
  if (task.kind === "age-of-acquisition" || task.kind === "reading") {
    const wanted = task.kind === "reading" ? [task.file] : [task.file, "cdi_human.csv"];
    const missing = wanted.filter((file) => !fs.existsSync(path.join(folder, file)));
    return missing.length === 0 ? null : `no ${missing.map((file) => `${suite}_eval/${name}/${file}`).join(", ")}`;
  }
  return fs.readdirSync(folder).some((file) => file.endsWith(".jsonl"))
    ? null
    : `no .jsonl file in ${suite}_eval/${name}`;
}
