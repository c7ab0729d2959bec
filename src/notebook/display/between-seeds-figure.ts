/** @file Forest plot of the differences between models over seeds: each seed, and the mean with its interval. */

import { differenceName, type SeedDifference } from "../../claims/between-seeds";
import { type Figure, fixed } from "../../figures/figure";
import { forestPlot } from "../../figures/forest-plot";
import { INK, WORLD_STYLES } from "../../figures/palette";

const MEAN = "mean over seeds, 95 % interval";
const SINGLE = "single seeds";

const REMARKS = { supported: "the first is higher", contradicted: "the first is lower", undecided: "undecided" };

/** Widths of the columns by unit. */
const COLUMNS: Readonly<Record<string, number>> = { "percentage points": 6, correlation: 2, "% of variance": 2 };

/**
 * @param differences - from `seedDifferences`
 * @throws RangeError if there are none, which is so if only one seed was trained
 */
export function betweenSeedsFigure(differences: readonly SeedDifference[], options: { source: string }): Figure {
  if (differences.length === 0) throw new RangeError("betweenSeedsFigure: no run has two seeds; train a second seed");
  const counts = [...new Set(differences.map(({ seeds }) => seeds.length))].sort((a, b) => a - b);
  const decided = differences.filter(({ verdict }) => verdict !== "undecided");
  const rows = differences.flatMap(({ task, first, second, unit, seeds, values, mean, low, high, verdict }) => {
    const row = { group: task, label: differenceName({ first, second }), unit };
    return [
      { ...row, series: MEAN, value: mean, low, high, verdict, remark: REMARKS[verdict] },
      ...values.map((value, i) => ({
        ...row,
        series: SINGLE,
        value,
        low: value,
        high: value,
        verdict: "undecided",
        remark: `seed ${seeds[i]}`,
      })),
    ];
  });
  const units = [...new Set(differences.map(({ unit }) => unit))];
  return forestPlot(rows, {
    title: "Differences between models, seed by seed",
    subtitle: "right of zero: the first model is higher; filled: the interval over seeds excludes zero",
    series: [
      { name: MEAN, colour: WORLD_STYLES.study.colour, symbol: "circle" },
      { name: SINGLE, colour: INK.quiet, symbol: "diamond" },
    ],
    columns: units.map((unit) => ({ unit, width: COLUMNS[unit] ?? 2 })),
    alt: `Differences between models over ${counts.join(" to ")} seeds, with intervals over seeds. ${decided.length} of ${
      differences.length
    } intervals exclude zero${decided.length === 0 ? "" : `: ${decided.map(words).join("; ")}`}.`,
    caption:
      `Circles: mean over ${counts.join(" or ")} seeds with Student's 95 % interval over seeds; diamonds: single seeds. ` +
      `Every seed answers the same items. Of ${differences.length} such intervals ${fixed(0.05 * differences.length, 1)} ` +
      `are expected to exclude zero by chance alone. Source: ${options.source}.`,
  });
}

const words = (difference: SeedDifference) =>
  `${difference.task}, ${differenceName(difference)}: ${fixed(difference.mean)}`;
