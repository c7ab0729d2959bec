/**
 * @file Shows the ablation experiment in a notebook: table, figure and verdict of each part, or that it was not run.
 */

import { judgeAblation, poolingRows, readingEffectRows } from "../../claims/ablation";
import { ablationPoolingFigure, ablationReadingFigure } from "../../figures/ablation";
import { type AblationResults, findAblation } from "../../results/ablation";
import { projectRoot } from "../../util/project-root";
import { markdown, show, showTable } from "./show";

const NOT_RUN = "**Not run.** `npm run class-it -- ablation --data <folder>` trains four models on real text for it.";

/** Show reading scores of two tokenizers by two shapes. @param results - null if the experiment was not run */
export function showAblationTokenizer(results = findAblation(projectRoot())): void {
  const scored = results?.scores.filter(({ task }) => task.startsWith("reading")) ?? [];
  if (results === null || scored.length === 0) {
    markdown(NOT_RUN);
    return;
  }
  const effects = readingEffectRows(results);
  if (effects.length > 0) showTable(effects, { digits: 2, limit: 60 });
  show(ablationReadingFigure(results));
  showVerdicts(results, /scores follow/);
}

/** Show fine-tuning from the first and from the last token. @param results - null if the experiment was not run */
export function showAblationPooling(results = findAblation(projectRoot())): void {
  if (results === null || results.fineTuning.length === 0) {
    markdown(NOT_RUN);
    return;
  }
  showTable(poolingRows(results), { digits: 1, limit: 60 });
  show(ablationPoolingFigure(results));
  showVerdicts(results, /Classified from/);
}

function showVerdicts(results: AblationResults, about: RegExp): void {
  for (const { question, answer, sentence } of judgeAblation(results)) {
    if (about.test(question)) markdown(`*${question}* **${answer}.** ${sentence}`);
  }
  if (results.open.length > 0) markdown(`Unfinished jobs: ${results.open.length}.`);
}
