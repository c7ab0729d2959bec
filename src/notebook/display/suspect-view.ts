/**
 * @file Shows the suspects experiment in a notebook: table, figure and verdict of each part, or that it was not run.
 */

import { judgeSuspects, poolingRows, readingEffectRows } from "../../claims/suspects";
import { suspectPoolingFigure, suspectReadingFigure } from "../../figures/suspects";
import { findSuspects, type SuspectResults } from "../../results/suspects";
import { projectRoot } from "../../util/project-root";
import { markdown, show, showTable } from "./show";

const NOT_RUN = "**Not run.** `npm run class-it -- suspects --data <folder>` trains four models on real text for it.";

/** Show reading scores of two tokenizers by two shapes. @param results - null if the experiment was not run */
export function showSuspectTokenizer(results = findSuspects(projectRoot())): void {
  const scored = results?.scores.filter(({ task }) => task.startsWith("reading")) ?? [];
  if (results === null || scored.length === 0) {
    markdown(NOT_RUN);
    return;
  }
  const effects = readingEffectRows(results);
  if (effects.length > 0) showTable(effects, { digits: 2, limit: 60 });
  show(suspectReadingFigure(results));
  showVerdicts(results, /scores follow/);
}

/** Show fine-tuning from the first and from the last token. @param results - null if the experiment was not run */
export function showSuspectPooling(results = findSuspects(projectRoot())): void {
  if (results === null || results.fineTuning.length === 0) {
    markdown(NOT_RUN);
    return;
  }
  showTable(poolingRows(results), { digits: 1, limit: 60 });
  show(suspectPoolingFigure(results));
  showVerdicts(results, /Classified from/);
}

function showVerdicts(results: SuspectResults, about: RegExp): void {
  for (const { question, answer, sentence } of judgeSuspects(results)) {
    if (about.test(question)) markdown(`*${question}* **${answer}.** ${sentence}`);
  }
  if (results.open.length > 0) markdown(`Unfinished jobs: ${results.open.length}.`);
}
