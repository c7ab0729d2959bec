/** @file The paper's second lens for anything measured: z-scores of each measure over all groups, a box a group. */

import { median } from "../stats/quantile";
import type { Deviation } from "../stats/z-score";
import { zScores } from "../stats/z-score";
import { boxPlot } from "./box-plot";
import { type Figure, fixed } from "./figure";
import type { Style } from "./palette";

export interface Observation {
  /** Whose box it belongs to. */
  group: string;
  style: Style;
  /** What was measured: values of one measure are compared with each other. */
  measure: string;
  /** Names the dot; the measure by default. */
  label?: string;
  value: number;
}

export interface ZBoxOptions {
  title: string;
  subtitle?: string;
  /** What a dot is, in the plural, for the caption: `measures`, `documents`. */
  dots: string;
  source: string;
  deviation?: Deviation;
}

/** @throws RangeError if a measure has fewer than two values or one that is not finite, naming it */
export function zBoxes(observations: readonly Observation[], options: ZBoxOptions): Figure {
  const { deviation = "sample", title, subtitle, dots, source } = options;
  const z = new Map<Observation, number>();
  for (const measure of new Set(observations.map((o) => o.measure))) {
    const members = observations.filter((o) => o.measure === measure);
    const bad = members.find((m) => !Number.isFinite(m.value));
    if (bad !== undefined) throw new RangeError(`zBoxes: "${measure}" of "${bad.group}" is ${bad.value}`);
    if (members.length < 2) throw new RangeError(`zBoxes: "${measure}" has a single value; nothing to compare it with`);
    const scores = zScores(
      members.map((m) => m.value),
      deviation,
    );
    members.forEach((m, i) => {
      z.set(m, scores[i]);
    });
  }
  const groups = [...new Set(observations.map((o) => o.group))].map((group) => {
    const members = observations.filter((o) => o.group === group);
    return {
      name: group,
      style: members[0].style,
      values: members.map((m) => ({ label: m.label ?? m.measure, value: z.get(m) as number })),
    };
  });
  const medians = groups.map((g) => `${g.name} ${fixed(median(g.values.map((v) => v.value)))}`);
  return boxPlot(groups, {
    title,
    subtitle,
    valueTitle: `z-score (${deviation} standard deviations from the mean)`,
    reference: 0,
    alt: `${title}. Medians: ${medians.join("; ")}.`,
    caption:
      `Dots: ${dots}, ${groups.map((g) => `${g.name} n = ${g.values.length}`).join(", ")}; box: quartiles (R-7), line: ` +
      `median, whiskers: within 1.5 interquartile ranges, ringed: beyond. Source: ${source}.`,
  });
}
