/**
 * @file Box plots from our own quartiles, with every value drawn over its box.
 *
 * Box: first and third quartile, type R-7. Line in the box: median. Whiskers: the outermost values within 1.5
 * interquartile ranges of the box (Tukey's rule). Dots: every value; those beyond the whiskers are ringed in ink.
 * The numbers are those of src/stats/box-stats.ts; plotly computes nothing.
 */

import { boxStats, type WhiskerRule } from "../stats/box-stats";
import { axis, type Figure, type FigureWords, figure, fixed, plain, type Trace } from "./figure";
import { INK, type Style, translucent } from "./palette";

export interface BoxGroup {
  name: string;
  style: Style;
  /** At least one; `label` names the value in the hover text, for example the task. */
  values: readonly { label: string; value: number }[];
}

export interface BoxPlotOptions extends FigureWords {
  title: string;
  subtitle?: string;
  /** Axis title with its unit. */
  valueTitle: string;
  /** A line across all boxes, for example 0 for z-scores or chance for accuracies. */
  reference?: number;
  whiskers?: WhiskerRule;
  /** False draws boxes and outliers only, for groups of thousands. Default true. */
  points?: boolean;
  logarithmic?: boolean;
}

/** Horizontal boxes, one a group, the first on top. @throws RangeError for an empty group or a NaN, naming the group */
export function boxPlot(groups: readonly BoxGroup[], options: BoxPlotOptions): Figure {
  const rows = groups.map((group, i) => {
    if (group.values.length === 0) throw new RangeError(`boxPlot: "${group.name}" has no values`);
    const bad = group.values.find((v) => Number.isNaN(v.value));
    if (bad !== undefined)
      throw new RangeError(`boxPlot: "${group.name}" is NaN at "${bad.label}"; leave it out first`);
    const stats = boxStats(
      group.values.map((v) => v.value),
      options.whiskers,
    );
    return { group, stats, y: groups.length - 1 - i };
  });
  const traces: Trace[] = rows.flatMap(({ group, stats, y }) => {
    const { colour, pattern } = group.style;
    const box: Trace = {
      type: "box",
      orientation: "h",
      name: plain(group.name),
      y: [y],
      q1: [stats.q1],
      median: [stats.median],
      q3: [stats.q3],
      lowerfence: [stats.lowerFence],
      upperfence: [stats.upperFence],
      width: 0.55,
      whiskerwidth: 0.5,
      line: { color: colour, width: 1.5 },
      fillcolor: translucent(colour, pattern === "" ? 0.3 : 0.08),
      hoverinfo: "x",
      showlegend: false,
    };
    const outside = (v: number) => v < stats.lowerFence || v > stats.upperFence;
    const drawn = group.values.filter((v) => options.points !== false || outside(v.value));
    if (drawn.length === 0) return [box];
    const points: Trace = {
      type: "scatter",
      mode: "markers",
      name: plain(group.name),
      x: drawn.map((v) => v.value),
      y: drawn.map((v, k) => y + (outside(v.value) ? 0 : spread(k))),
      text: drawn.map((v) => `${plain(v.label)}: ${fixed(v.value)}`),
      hovertemplate: "%{text}<extra>%{data.name}</extra>",
      marker: {
        size: 7,
        symbol: group.style.symbol,
        color: colour,
        line: { width: drawn.map((v) => (outside(v.value) ? 1.5 : 0.75)), color: drawn.map((v) => ring(v.value)) },
      },
      showlegend: false,
    };
    return [box, points];

    function ring(value: number): string {
      return outside(value) ? INK.text : group.style.symbol === "circle-open" ? colour : "#ffffff";
    }
  });
  return figure(traces, {
    title: options.title,
    subtitle: options.subtitle,
    alt: options.alt,
    caption: options.caption,
    height: 130 + 38 * groups.length,
    layout: {
      xaxis: axis(options.valueTitle, options.logarithmic ? { type: "log" } : {}),
      yaxis: axis("", {
        tickvals: rows.map((r) => r.y),
        ticktext: rows.map((r) => plain(r.group.name)),
        range: [-0.6, groups.length - 0.4],
        showgrid: false,
        ticks: "",
      }),
      shapes: options.reference === undefined ? [] : [referenceLine(options.reference)],
    },
  });
}

/** A dashed line across the plot at `x`. */
function referenceLine(x: number): Record<string, unknown> {
  return {
    type: "line",
    layer: "below",
    xref: "x",
    yref: "paper",
    x0: x,
    x1: x,
    y0: 0,
    y1: 1,
    line: { color: INK.chance, width: 1.5, dash: "dash" },
  };
}

/** Where the k-th dot of a box stands off its middle: a fixed pattern, so that dots seldom hide each other. */
function spread(k: number): number {
  return [0, 0.14, -0.14, 0.07, -0.07, 0.2, -0.2][k % 7];
}
