/**
 * @file Grouped bar chart: one group per task, one colour per model, with intervals and chance levels.
 *
 * Whiskers are the scores' own intervals (95 % bootstrap over items, or the range over seeds: the caption says which).
 * A dashed line across a task is chance, a dotted line the majority class. All bars of a panel share one metric.
 */

import { axis, type Figure, type FigureWords, figure, fixed, type Layout, plain, type Trace } from "./figure";
import { INK, type Style } from "./palette";

export interface Bar {
  category: string;
  value: number;
  low?: number;
  high?: number;
}

export interface BarSeries {
  name: string;
  style: Style;
  bars: readonly Bar[];
}

export interface ReferenceLevel {
  category: string;
  value: number;
  kind: "chance" | "majority";
}

export interface BarPanel {
  /** Axis title of the panel: the metric. */
  valueTitle: string;
  categories: readonly string[];
  series: readonly BarSeries[];
  levels?: readonly ReferenceLevel[];
  range?: [number, number];
  tickformat?: string;
}

export interface BarChartOptions extends FigureWords {
  title: string;
  subtitle?: string;
  height?: number;
}

const DASH = { chance: "dash", majority: "dot" } as const;

/** One or more panels side by side; the width of a panel follows its number of categories. NaN values leave a gap. */
export function barChart(panels: readonly BarPanel[], options: BarChartOptions): Figure {
  const seen = new Set<string>();
  const layout: Layout = {};
  const shapes: Layout[] = [];
  const data = panels.flatMap((panel, p): Trace[] => {
    const suffix = p === 0 ? "" : String(p + 1);
    const domain = columns(panels)[p];
    layout[`xaxis${suffix}`] = axis("", {
      domain,
      anchor: `y${suffix}`,
      tickvals: panel.categories.map((_, i) => i),
      ticktext: panel.categories.map((c) => plain(c).replace(" ", "<br>")),
      range: [-0.5, panel.categories.length - 0.5],
      showgrid: false,
      tickangle: 0,
    });
    layout[`yaxis${suffix}`] = axis(panel.valueTitle, {
      anchor: `x${suffix}`,
      ...(panel.range === undefined ? {} : { range: panel.range }),
      ...(panel.tickformat === undefined ? {} : { tickformat: panel.tickformat }),
      zeroline: true,
      zerolinecolor: INK.axis,
    });
    for (const level of panel.levels ?? []) {
      const at = panel.categories.indexOf(level.category);
      if (at < 0) continue;
      shapes.push({
        type: "line",
        xref: `x${suffix}`,
        yref: `y${suffix}`,
        x0: at - 0.45,
        x1: at + 0.45,
        y0: level.value,
        y1: level.value,
        line: { color: INK.chance, width: 2, dash: DASH[level.kind] },
      });
    }
    const count = panel.series.length;
    const width = 0.86 / count;
    return panel.series.map((series, s) => {
      const bars = panel.categories.map((c) => series.bars.find((b) => b.category === c));
      const first = !seen.has(series.name);
      seen.add(series.name);
      const withIntervals = bars.some((b) => b?.low !== undefined && Number.isFinite(b.low));
      const { colour, pattern } = series.style;
      return {
        type: "bar",
        name: plain(series.name),
        legendgroup: plain(series.name),
        showlegend: first,
        xaxis: `x${suffix}`,
        yaxis: `y${suffix}`,
        x: bars.map((_, i) => i + (s - (count - 1) / 2) * width),
        y: bars.map((b) => (b === undefined || !Number.isFinite(b.value) ? null : b.value)),
        width: width * 0.92,
        text: bars.map((b, i) => `${plain(panel.categories[i])}: ${b === undefined ? "absent" : describe(b)}`),
        textposition: "none",
        hovertemplate: "%{text}<extra>%{data.name}</extra>",
        marker:
          pattern === ""
            ? { color: colour }
            : {
                color: colour,
                pattern: { shape: pattern, fgcolor: colour, bgcolor: "#ffffff", size: 5, solidity: 0.35 },
                line: { color: colour, width: 1 },
              },
        ...(withIntervals ? { error_y: errorBars(bars) } : {}),
      };
    });
  });
  return figure([...data, ...levelLegend(panels)], {
    title: options.title,
    subtitle: options.subtitle,
    alt: options.alt,
    caption: options.caption,
    minWidth: 120 + 60 * panels.reduce((sum, p) => sum + p.categories.length, 0),
    height: options.height ?? 460,
    layout: { ...layout, shapes, barmode: "overlay", bargap: 0 },
  });
}

/** Legend entries for the chance and majority lines, with nothing drawn. */
function levelLegend(panels: readonly BarPanel[]): Trace[] {
  const kinds = new Set(panels.flatMap((p) => p.levels ?? []).map((level) => level.kind));
  return (["chance", "majority"] as const)
    .filter((kind) => kinds.has(kind))
    .map((kind) => ({
      type: "scatter",
      mode: "lines",
      name: kind === "chance" ? "chance" : "majority class",
      x: [null],
      y: [null],
      line: { color: INK.chance, width: 2, dash: DASH[kind] },
      hoverinfo: "skip",
    }));
}

function errorBars(bars: readonly (Bar | undefined)[]): Layout {
  const reach = (b: Bar | undefined, side: "low" | "high"): number => {
    const end = b?.[side];
    return b === undefined || end === undefined || !Number.isFinite(end) ? 0 : Math.abs(end - b.value);
  };
  return {
    type: "data",
    symmetric: false,
    array: bars.map((b) => reach(b, "high")),
    arrayminus: bars.map((b) => reach(b, "low")),
    thickness: 1,
    width: 2,
    color: INK.text,
  };
}

function describe(b: Bar): string {
  const interval =
    b.low === undefined || b.high === undefined || !Number.isFinite(b.low)
      ? ""
      : ` [${fixed(b.low, 3)}, ${fixed(b.high, 3)}]`;
  return `${fixed(b.value, 3)}${interval}`;
}

/** Horizontal range of each panel, in proportion to its number of categories. */
function columns(panels: readonly BarPanel[]): [number, number][] {
  const gap = 0.1;
  const total = panels.reduce((sum, p) => sum + p.categories.length, 0);
  const free = 1 - gap * (panels.length - 1);
  let at = 0;
  return panels.map((p) => {
    const from = at;
    const to = Math.min(1, from + (free * p.categories.length) / total);
    at = to + gap;
    return [from, to];
  });
}
