/**
 * @file Forest plot: one row per claim, with a mark and its interval for each series. A claim holds if its number is
 * above zero.
 *
 * Claims have different units, so each unit has its own column and axis; rows keep their order across columns.
 */

import { axis, type Figure, type FigureWords, figure, fixed, type Layout, plain, type Trace } from "./figure";
import { INK } from "./palette";

/** A number that is positive if a claim holds. */
export interface ForestRow {
  /** Rows of a group share a background, for example the parts of a statement. */
  group: string;
  label: string;
  /** Unit of the row, which is the title of its axis. */
  unit: string;
  series: string;
  value: number;
  low: number;
  high: number;
  /** `supported` and `contradicted` are drawn with full marks, others with pale ones. */
  verdict: string;
  /** Shown in the hover text instead of the verdict. */
  remark?: string;
}

export interface ForestSeries {
  name: string;
  colour: string;
  symbol: string;
}

export interface ForestOptions extends FigureWords {
  title: string;
  subtitle?: string;
  series: readonly ForestSeries[];
  /** Axis titles with their share of the width, from left to right. */
  columns: readonly { unit: string; width: number }[];
}

/** A row without a number has an empty line. @throws RangeError for an unknown series or unit, naming it */
export function forestPlot(rows: readonly ForestRow[], options: ForestOptions): Figure {
  const labels = [...new Map(rows.map((r) => [`${r.group} ${r.label}`, r])).values()];
  const lineOf = (r: ForestRow) =>
    labels.length - 1 - labels.findIndex((l) => l.group === r.group && l.label === r.label);
  for (const r of rows) {
    if (!options.columns.some((c) => c.unit === r.unit)) throw new RangeError(`forestPlot: no column for "${r.unit}"`);
    if (!options.series.some((s) => s.name === r.series)) throw new RangeError(`forestPlot: no series "${r.series}"`);
  }
  const layout: Layout = {};
  const shapes: Layout[] = bands(labels, lineOf);
  const data = options.columns.flatMap(({ unit }, c): Trace[] => {
    const suffix = c === 0 ? "" : String(c + 1);
    layout[`xaxis${suffix}`] = axis(unit, { domain: domains(options.columns)[c], anchor: "y", side: "bottom" });
    shapes.push({
      type: "line",
      layer: "below",
      xref: `x${suffix}`,
      yref: "paper",
      x0: 0,
      x1: 0,
      y0: 0,
      y1: 1,
      line: { color: INK.chance, width: 1.5, dash: "dash" },
    });
    return options.series.flatMap((series, s): Trace[] => {
      const own = rows.filter((r) => r.unit === unit && r.series === series.name && Number.isFinite(r.value));
      return [true, false].map((decided): Trace => {
        const members = own.filter((r) => isDecided(r) === decided);
        return {
          type: "scatter",
          mode: "markers",
          name: plain(series.name),
          legendgroup: plain(series.name),
          showlegend: false,
          xaxis: `x${suffix}`,
          yaxis: "y",
          x: members.map((r) => r.value),
          y: members.map((r) => lineOf(r) + offset(s, options.series.length)),
          error_x: {
            type: "data",
            symmetric: false,
            array: members.map((r) => Math.max(0, r.high - r.value)),
            arrayminus: members.map((r) => Math.max(0, r.value - r.low)),
            thickness: decided ? 2 : 1.25,
            width: 0,
            color: series.colour,
          },
          marker: {
            symbol: decided ? series.symbol : `${series.symbol}-open`,
            size: 8,
            color: series.colour,
            line: { width: 1.5, color: series.colour },
          },
          opacity: decided ? 1 : 0.75,
          text: members.map((r) => {
            const interval = r.low < r.high ? ` [${fixed(r.low)}, ${fixed(r.high)}]` : "";
            return `${plain(r.label)}: ${fixed(r.value)}${interval}, ${r.remark ?? r.verdict}`;
          }),
          hovertemplate: "%{text}<extra>%{data.name}</extra>",
        };
      });
    });
  });
  return figure([...data, ...legend(options.series)], {
    title: options.title,
    subtitle: options.subtitle,
    alt: options.alt,
    caption: options.caption,
    minWidth: 960,
    height: 150 + 27 * labels.length,
    layout: {
      ...layout,
      yaxis: axis("", {
        tickvals: labels.map(lineOf),
        ticktext: labels.map((r) => plain(`${r.group}  ${r.label}`)),
        range: [-0.6, labels.length - 0.4],
        showgrid: false,
        ticks: "",
      }),
      shapes,
      legend: {
        orientation: "h",
        x: 0,
        xanchor: "left",
        y: -60 / (27 * labels.length),
        yanchor: "top",
        font: { size: 12 },
      },
    },
  });
}

/** A legend entry for each series, with nothing drawn. */
function legend(series: readonly ForestSeries[]): Trace[] {
  return series.map(({ name, colour, symbol }) => ({
    type: "scatter",
    mode: "markers",
    name: plain(name),
    legendgroup: plain(name),
    x: [null],
    y: [null],
    marker: { symbol, size: 8, color: colour },
    hoverinfo: "skip",
  }));
}

const isDecided = (r: ForestRow) => r.verdict === "supported" || r.verdict === "contradicted";

/** Vertical offset of the marks of series `s`; the first series is on top. */
function offset(s: number, count: number): number {
  return count === 1 ? 0 : 0.5 * (0.5 - s / (count - 1));
}

/** A pale background behind every second group. */
function bands(labels: readonly ForestRow[], lineOf: (r: ForestRow) => number): Layout[] {
  const groups = [...new Set(labels.map((r) => r.group))];
  return groups.flatMap((group, g) => {
    if (g % 2 === 1) return [];
    const lines = labels.filter((r) => r.group === group).map(lineOf);
    const [y0, y1] = [Math.min(...lines) - 0.5, Math.max(...lines) + 0.5];
    return [
      {
        type: "rect",
        layer: "below",
        xref: "paper",
        yref: "y",
        x0: 0,
        x1: 1,
        y0,
        y1,
        fillcolor: INK.grid,
        opacity: 0.45,
        line: { width: 0 },
      },
    ];
  });
}

/** Horizontal range of each column, in proportion to its width. */
function domains(columns: ForestOptions["columns"]): [number, number][] {
  const gap = 0.03;
  const free = 1 - gap * (columns.length - 1);
  const total = columns.reduce((sum, c) => sum + c.width, 0);
  let at = 0;
  return columns.map(({ width }) => {
    const from = at;
    const to = Math.min(1, from + (free * width) / total);
    at = to + gap;
    return [from, to];
  });
}
