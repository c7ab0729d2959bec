/**
 * @file Forest plot of the paper's statements on three sets of scores: the paper's, ours on real text, ours on the
 * sample world.
 */

import { forestRows, type JudgedWorld, judgeWorld, verdictCounts } from "../../claims/forest-rows";
import { readClaims, UNITS } from "../../claims/judge-claims";
import type { Figure } from "../../figures/figure";
import { forestPlot } from "../../figures/forest-plot";
import { WORLD_STYLES } from "../../figures/palette";
import { openResults } from "../../results/open-results";
import { projectRoot } from "../../util/project-root";

/** The three sets of scores, from top to bottom in every row. */
const SERIES = { paper: "the paper's numbers", study: "ours, real text", sample: "ours, sample world" } as const;

/** Judge the statements on the three sets of scores; takes about a second each. */
export function judgeAllWorlds(root = projectRoot()): JudgedWorld[] {
  const claims = readClaims(root);
  return (["paper", "study", "sample"] as const).map((world) =>
    judgeWorld(SERIES[world], openResults(world, root), claims),
  );
}

export function statementsFigure(worlds: readonly JudgedWorld[]): Figure {
  const counts = verdictCounts(worlds).map(
    (c) => `${c.numbers}: ${c.supported} supported, ${c.contradicted} contradicted, ${c.undecided} undecided`,
  );
  return forestPlot(forestRows(worlds), {
    title: "The paper's statements, part by part",
    subtitle:
      "right of zero: the part holds; filled: decided; hollow: undecided (the interval includes zero) or untestable",
    series: (["paper", "study", "sample"] as const).map((world) => ({ name: SERIES[world], ...WORLD_STYLES[world] })),
    columns: [
      { unit: UNITS.z, width: 4 },
      { unit: UNITS.points, width: 4 },
      { unit: UNITS.percent, width: 2 },
    ],
    alt: `Parts of the eleven statements with 95 % intervals. Of ${worlds[0].judged.flatMap((j) => j.parts).length} parts: ${counts.join("; ")}.`,
    caption:
      "Each part is a number that is positive where it holds, with its 95 % interval over items and, for medians and " +
      "means, over tasks. Filled: decided; hollow: undecided, or untestable because there is no limit to judge by. ≠: the paper's contradiction. " +
      `Sources: ${worlds.map(({ source }) => source).join(" | ")}.`,
  });
}
