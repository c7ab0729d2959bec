/** @file Fine-tuning tasks on which models cannot be ordered: no model uses the text, or all models solve the task. */

import type { ScoreRow } from "./frame";

/** [ours] A task is at the ceiling if every run reaches this accuracy, so that models differ by single items. */
const CEILING = 0.98;

export interface UninformativeTask {
  task: string;
  why: "no interval clears the majority class" | "every model is at the ceiling";
}

/**
 * Tasks with a majority class on which no run's interval is completely above it, and accuracy tasks on which every run
 * is at the ceiling; in the order of the rows.
 */
export function uninformativeTasks(rows: readonly ScoreRow[]): UninformativeTask[] {
  return [...new Set(rows.map((r) => r.task))].flatMap((task): UninformativeTask[] => {
    const own = rows.filter((r) => r.task === task);
    const judged = own.filter((r) => r.majority !== null && r.metric === "accuracy");
    if (judged.length === 0) return [];
    if (judged.every((r) => r.value >= CEILING)) return [{ task, why: "every model is at the ceiling" }];
    const clears = judged.some((r) => r.low > (r.majority as number));
    return clears ? [] : [{ task, why: "no interval clears the majority class" }];
  });
}
