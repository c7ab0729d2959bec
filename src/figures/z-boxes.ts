/** @file Box plots of z-scores for any measurements: one z-score per measure and group, one box per group. */

import { from } from "arquero";
import { median } from "../stats/quantile";
import type { Deviation } from "../stats/z-score";
import { FEWEST_MODELS, zTable } from "../stats/z-table";
import { BOX_RULE, boxPlot } from "./box-plot";
import { type Figure, fixed } from "./figure";
import type { Style } from "./palette";

export interface Observation {
  /** Group of the observation; each group has a box. */
  group: string;
  style: Style;
  /** Name of the measure; z-scores are taken within one measure. */
  measure: string;
  /** Name of the dot; default: the measure. */
  label?: string;
  value: number;
}

export interface ZBoxOptions {
  title: string;
  subtitle?: string;
  /** Name of the dots in the plural, for the caption: `measures`, `documents`. */
  dots: string;
  source: string;
  deviation?: Deviation;
}

/** @throws RangeError if a measure has fewer than three values or one that is not finite, naming it */
export function zBoxes(observations: readonly Observation[], options: ZBoxOptions): Figure {
  const { deviation = "sample", title, subtitle, dots, source } = options;
  const bad = observations.find((o) => !Number.isFinite(o.value));
  if (bad !== undefined) throw new RangeError(`zBoxes: "${bad.measure}" of "${bad.group}" is ${bad.value}`);
  const table = zTable(
    observations.map((o) => ({ ...o, model: o.group, task: o.measure })),
    deviation,
  );
  if (table.leftOut.length > 0) {
    throw new RangeError(`zBoxes: "${table.leftOut[0]}" has fewer than ${FEWEST_MODELS} values to compare`);
  }
  const byGroup = from(table.scores).groupby("group").objects({ grouped: true }) as unknown as Map<
    string,
    typeof table.scores
  >;
  const groups = [...byGroup].map(([name, members]) => ({
    name,
    style: members[0].style,
    values: members.map((m) => ({ label: m.label ?? m.measure, value: m.z })),
  }));
  const medians = groups.map((g) => `${g.name} ${fixed(median(g.values.map((v) => v.value)))}`);
  return boxPlot(groups, {
    title,
    subtitle,
    valueTitle: `z-score (${deviation} standard deviations from the mean)`,
    reference: 0,
    alt: `${title}. Medians: ${medians.join("; ")}.`,
    caption:
      `Dots: ${dots}, ${groups.map((g) => `${g.name} n = ${g.values.length}`).join(", ")}. ${BOX_RULE} ` +
      `Source: ${source}.`,
  });
}
