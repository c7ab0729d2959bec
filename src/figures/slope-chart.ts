/**
 * @file Slope chart: the same models under two conditions; one panel per task, one line per model from one condition to
 * the other.
 */

import { axis, type Figure, type FigureWords, figure, fixed, type Layout, plain, type Trace } from "./figure";
import { INK, type Style } from "./palette";

export interface SlopeLine {
  name: string;
  style: Style;
  before: number;
  after: number;
}

export interface SlopePanel {
  title: string;
  lines: readonly SlopeLine[];
  /** Height of a dashed line across the panel. */
  level?: number;
}

export interface SlopeOptions extends FigureWords {
  title: string;
  subtitle?: string;
  conditions: [before: string, after: string];
  valueTitle: string;
  levelName: string;
  range: [number, number];
  tickformat?: string;
}

/** Panels from left to right on one axis of values. */
export function slopeChart(panels: readonly SlopePanel[], options: SlopeOptions): Figure {
  const layout: Layout = {};
  const shapes: Layout[] = [];
  const annotations: Layout[] = [];
  const seen = new Set<string>();
  const gap = 0.018;
  const width = (1 - gap * (panels.length - 1)) / panels.length;
  const data = panels.flatMap((panel, p): Trace[] => {
    const suffix = p === 0 ? "" : String(p + 1);
    const from = p * (width + gap);
    layout[`xaxis${suffix}`] = axis("", {
      domain: [from, from + width],
      anchor: "y",
      range: [-0.25, 1.25],
      tickvals: [0, 1],
      ticktext: options.conditions.map(plain),
      showgrid: false,
      tickangle: 0,
    });
    annotations.push({
      text: plain(panel.title),
      showarrow: false,
      font: { size: 11, color: INK.text }, // seven names side by side on a phone
      xref: `x${suffix}`,
      x: 0.5,
      xanchor: "center",
      yref: "paper",
      y: 1,
      yanchor: "bottom",
    });
    if (panel.level !== undefined) {
      shapes.push({
        type: "line",
        layer: "below",
        xref: `x${suffix}`,
        yref: "y",
        x0: -0.25,
        x1: 1.25,
        y0: panel.level,
        y1: panel.level,
        line: { color: INK.chance, width: 2, dash: "dot" },
      });
    }
    return panel.lines.map(({ name, style, before, after }): Trace => {
      const first = !seen.has(name);
      seen.add(name);
      return {
        type: "scatter",
        mode: "lines+markers",
        name: plain(name),
        legendgroup: plain(name),
        showlegend: first,
        xaxis: `x${suffix}`,
        yaxis: "y",
        x: [0, 1],
        y: [before, after].map((v) => (Number.isFinite(v) ? v : null)),
        text: [before, after].map((v, i) => `${plain(panel.title)}, ${options.conditions[i]}: ${fixed(v, 3)}`),
        hovertemplate: "%{text}<extra>%{data.name}</extra>",
        line: { color: style.colour, width: 1.75, dash: style.pattern === "" ? "solid" : "dash" },
        marker: { color: style.colour, size: 7, symbol: style.symbol },
      };
    });
  });
  const level: Trace = {
    type: "scatter",
    mode: "lines",
    name: options.levelName,
    x: [null],
    y: [null],
    line: { color: INK.chance, width: 2, dash: "dot" },
    hoverinfo: "skip",
  };
  return figure([...data, ...(shapes.length > 0 ? [level] : [])], {
    title: options.title,
    subtitle: options.subtitle,
    alt: options.alt,
    caption: options.caption,
    minWidth: 110 * panels.length,
    height: 470,
    layout: {
      ...layout,
      yaxis: axis(options.valueTitle, { range: options.range, tickformat: options.tickformat }),
      margin: { l: 16, r: 16, t: options.subtitle === undefined ? 72 : 92, b: 16 },
      shapes,
      annotations,
    },
  });
}
