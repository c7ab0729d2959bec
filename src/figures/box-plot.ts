/**
 * @file Box plots from our own quartiles, with each value drawn over its box.
 *
 * Box: first and third quartile, type R-7. Line in the box: median. Whiskers: the outermost values within 1.5
 * interquartile ranges of the box (Tukey's rule). Dots: every value; those beyond the whiskers are ringed in ink.
 * src/stats/box-stats.ts computes the numbers; plotly computes nothing. A group of fewer than five values has no box,
 * because its quartiles are nearly the values themselves.
 */

import { max, min } from "simple-statistics";
import { boxStats, type WhiskerRule } from "../stats/box-stats";
import { axis, type Figure, type FigureWords, figure, fixed, plain, type Trace } from "./figure";
import { INK, type Style, translucent } from "./palette";

/** Smallest group with a box; quartiles of fewer values are nearly the values themselves. */
export const FEWEST_FOR_BOX = 5;

/** For captions: what the box, its line, the whiskers and the rings mean. */
export const BOX_RULE =
  "Box: quartiles (R-7). Line: median. Whiskers: values within 1.5 interquartile ranges. Ringed dots: values beyond.";

export interface BoxGroup {
  name: string;
  style: Style;
  /**
   * At least one; `label` names the value in the hover text, for example the task, `short` beside its dot. A `grey` one is
   * drawn pale.
   */
  values: readonly { label: string; short?: string; value: number; grey?: boolean }[];
}

export interface BoxPlotOptions extends FigureWords {
  title: string;
  subtitle?: string;
  /** Axis title with its unit. */
  valueTitle: string;
  /** Position of a line across all boxes, for example 0 for z-scores or chance for accuracies. */
  reference?: number;
  whiskers?: WhiskerRule;
  /** False draws only boxes and outliers, for groups of thousands. Default true. */
  points?: boolean;
  /** Write each value's name beside its dot, if there is room. Default false. */
  names?: boolean;
  logarithmic?: boolean;
}

/**
 * Horizontal boxes, one per group, the first on top. @throws RangeError for an empty group or a NaN, naming the group
 */
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
  const reach = extent(groups);
  const rowHeight = options.names ? 2 * (NAME_LINES[2] + 7) : 38;
  const traces: Trace[] = rows.flatMap(({ group, stats, y }) => {
    const { colour, pattern } = group.style;
    const boxed = group.values.length >= FEWEST_FOR_BOX;
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
      width: 21 / rowHeight,
      whiskerwidth: 0.5,
      line: { color: colour, width: 1.5 },
      fillcolor: translucent(colour, pattern === "" ? 0.3 : 0.08),
      hoverinfo: "x",
      showlegend: false,
    };
    const outside = (v: number) => boxed && (v < stats.lowerFence || v > stats.upperFence);
    const drawn = group.values.filter((v) => options.points !== false || !boxed || outside(v.value));
    const places = options.names ? namePlaces(drawn, reach) : drawn.map(() => null);
    const points: Trace = {
      type: "scatter",
      mode: "markers",
      name: plain(group.name),
      x: drawn.map((v) => v.value),
      y: drawn.map((v, k) => y + (options.names || outside(v.value) ? 0 : spread(k))),
      text: drawn.map((v) => `${plain(v.label)}: ${fixed(v.value)}`),
      customdata: drawn.map((v) => plain(v.label)), // a page marks the dots of one task in every box
      hovertemplate: "%{text}<extra>%{data.name}</extra>",
      marker: {
        size: 7,
        symbol: group.style.symbol,
        color: drawn.some((v) => v.grey) ? drawn.map((v) => (v.grey ? paleOf(group.style) : colour)) : colour,
        line: {
          width: drawn.map((v) => (outside(v.value) ? 1.5 : 0.75)),
          color: drawn.map((v) => (v.grey ? INK.axis : ring(v.value))),
        },
      },
      showlegend: false,
    };
    const named = drawn.flatMap((v, k) =>
      places[k] === null ? [] : [{ ...v, at: y + (places[k] as number) / rowHeight }],
    );
    const names: Trace = {
      type: "scatter",
      mode: "text",
      x: named.map((v) => v.value),
      y: named.map((v) => v.at),
      text: named.map((v) => plain(v.short ?? v.label)),
      textfont: { size: 9, color: INK.quiet },
      hoverinfo: "skip",
      showlegend: false,
    };
    return [...(boxed ? [box] : []), ...(drawn.length > 0 ? [points] : []), ...(named.length > 0 ? [names] : [])];

    function ring(value: number): string {
      return outside(value) ? INK.text : group.style.symbol === "circle-open" ? colour : "#ffffff";
    }
  });
  return figure(traces, {
    title: options.title,
    subtitle: options.subtitle,
    alt: options.alt,
    caption: options.caption,
    height: 130 + rowHeight * groups.length,
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

/** The grey of a pale dot; an open one is all outline. */
function paleOf({ symbol }: Style): string {
  return symbol === "circle-open" ? INK.axis : INK.grid;
}

/** Smallest and largest value of all groups. */
function extent(groups: readonly BoxGroup[]): number {
  const values = groups.flatMap((g) => g.values.map((v) => v.value));
  return max(values) - min(values);
}

/** Heights of the name lines, in pixels above (or below) the middle of a row, in order of use. */
const NAME_LINES = [18, -19, 30, -31];

/**
 * Vertical position of each dot's name relative to its row, in pixels; null if there is no room. From left to right, a
 * name takes the first line on which it does not overlap the previous name.
 *
 * @param reach - range of the axis, in the values' unit; it is about 680 pixels wide in a picture, a letter 5.4
 */
function namePlaces(values: BoxGroup["values"], reach: number): (number | null)[] {
  const taken = NAME_LINES.map(() => Number.NEGATIVE_INFINITY);
  const places: (number | null)[] = values.map(() => null);
  const order = values.map((_, i) => i).sort((a, b) => values[a].value - values[b].value);
  for (const i of order) {
    const { label, short = label, value } = values[i];
    const half = (short.length * 2.7 + 3) * (reach / 680);
    const line = taken.findIndex((end) => end <= value - half);
    if (line < 0) continue;
    taken[line] = value + half;
    places[i] = NAME_LINES[line];
  }
  return places;
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

/** Vertical offset of the k-th dot of a box: a fixed pattern, so that dots seldom hide each other. */
function spread(k: number): number {
  return [0, 0.14, -0.14, 0.07, -0.07, 0.2, -0.2][k % 7];
}
