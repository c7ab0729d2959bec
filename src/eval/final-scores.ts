/**
 * @file The last table of the pipeline: one number per benchmark, from the collated predictions alone.
 *
 * Rules as there: compare texts without outer blanks, mean over sub-tasks (entity tracking: over all cells of file and
 * number of operations), 100 times a fraction; accuracy for every fine-tuning task. F1 for MRPC and QQP, which the
 * pipeline's README speaks of, stands in a row of its own.
 */

import * as path from "node:path";
import { meanOf } from "../stats/z-score";
import { loadChildCurves } from "../tasks/aoa";
import { evaluationFolder, type Suite, ZERO_SHOT } from "../tasks/index";
import { loadGlue, SUPERGLUE } from "../tasks/superglue";
import { readText } from "../util/text-file";
import { type AoaResult, ageOfAcquisition } from "./age-of-acquisition";
import { accuracy, f1 } from "./metrics";
import { parsePythonJson, pythonFixed } from "./python-format";
import { checkPredictions, gainOfPredictions, type Predictions, rhoOfPredictions, shareRight } from "./submission";

export interface FinalScore {
  /** As the pipeline prints it. */
  name: string;
  value: number;
}

const NAMES: Readonly<Record<string, string>> = {
  blimp: "BLIMP",
  blimp_supplement: "SUPPLEMENT",
  ewok: "EWOK",
  entity_tracking: "ENTITY TRACKING",
  wug_adj: "WUG ADJ",
  wug_past: "WUG PAST",
  comps: "COMPS",
};

/** @param file - the collated file; benchmarks that it lacks are left out of the table */
export function finalScores(file: string, dataRoot: string, suite: Suite = "full"): FinalScore[] {
  const all = parsePythonJson(readText(file)) as Record<string, unknown>;
  const root = evaluationFolder(dataRoot, suite);
  const out: FinalScore[] = [];
  for (const task of ZERO_SHOT) {
    const folder = task.folder[suite];
    const stored = all[task.name];
    if (folder === null || stored === undefined) continue;
    const data = path.join(root, folder);
    if (task.kind === "forced-choice") {
      const cells = [...shareRight(task, stored as Predictions, data).values()];
      out.push({ name: NAMES[task.name], value: meanOf(cells.map(({ right, n }) => (right / n) * 100)) });
    } else if (task.kind === "preference") {
      out.push({ name: NAMES[task.name], value: rhoOfPredictions(task, stored as Predictions, data) * 100 });
    } else if (task.kind === "reading") {
      const { eyeTracking, selfPaced } = gainOfPredictions(stored as Predictions, path.join(data, task.file));
      out.push({ name: "READING (SPR)", value: selfPaced }, { name: "READING (ET)", value: eyeTracking });
    }
  }
  if (suite === "fast") return out;
  out.push(...glueScores(all.glue as Predictions | undefined, path.join(root, "glue_filtered")));
  if (all.aoa !== undefined) {
    const { results } = all.aoa as { results: AoaResult[] };
    const children = loadChildCurves(path.join(root, "aoa", "cdi_human.csv"));
    out.push({ name: "AoA", value: ageOfAcquisition(results, children).curveFitness });
  }
  return out;
}

function glueScores(stored: Predictions | undefined, folder: string): FinalScore[] {
  const tasks = SUPERGLUE.filter(({ name }) => stored?.[name] !== undefined);
  if (stored === undefined || tasks.length === 0) return [];
  const pairs = tasks.map((task) => {
    const gold = loadGlue(task, path.join(folder, `${task.name}.valid.jsonl`)).map((e) => e.label);
    const own = { [task.name]: stored[task.name] };
    checkPredictions(`glue, ${task.name}`, own, new Map([[task.name, gold.length]]));
    return { name: task.name, gold, predicted: stored[task.name].predictions.map((p) => Number(p.pred)) };
  });
  const byF1 = ["mrpc", "qqp"];
  return [
    { name: "GLUE", value: 100 * meanOf(pairs.map((p) => accuracy(p.predicted, p.gold))) },
    {
      name: "GLUE (F1 for MRPC and QQP)",
      value: 100 * meanOf(pairs.map((p) => (byF1.includes(p.name) ? f1 : accuracy)(p.predicted, p.gold))),
    },
  ];
}

/** `BLIMP: 53.37`, one line each. */
export function finalTable(scores: readonly FinalScore[]): string {
  return scores.map(({ name, value }) => `${name}: ${pythonFixed(value, 2)}\n`).join("");
}
