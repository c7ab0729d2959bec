/** @file Dumbbell plot: two values per row, an open and a filled dot joined by a line; one panel per measure. */

import { axis, type Figure, type FigureWords, figure, fixed, type Layout, plain, type Trace } from "./figure";
import { INK } from "./palette";

export interface DumbbellRow {
  name: string;
  colour: string;
  before: number;
  after: number;
}

export interface DumbbellPanel {
  valueTitle: string;
  rows: readonly DumbbellRow[];
}

export interface DumbbellOptions extends FigureWords {
  title: string;
  subtitle?: string;
  conditions: [before: string, after: string];
}

/** Rows from top to bottom in the order of the first panel; rows missing in a panel are empty there. */
export function dumbbellPlot(panels: readonly DumbbellPanel[], options: DumbbellOptions): Figure {
  const names = [...new Set(panels.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const lineOf = (name: string) => names.length - 1 - names.indexOf(name);
  const layout: Layout = {};
  const gap = 0.05;
  const width = (1 - gap * (panels.length - 1)) / panels.length;
  const data = panels.flatMap((panel, p): Trace[] => {
    const suffix = p === 0 ? "" : String(p + 1);
    const from = p * (width + gap);
    layout[`xaxis${suffix}`] = axis(panel.valueTitle, {
      domain: [from, from + width],
      anchor: "y",
      zeroline: true,
      zerolinecolor: INK.axis,
    });
    const on = { xaxis: `x${suffix}`, yaxis: "y", showlegend: false };
    const bars = panel.rows.map(
      ({ name, colour, before, after }): Trace => ({
        ...on,
        type: "scatter",
        mode: "lines",
        x: [before, after],
        y: [lineOf(name), lineOf(name)],
        line: { color: colour, width: 3 },
        opacity: 0.5,
        hoverinfo: "skip",
      }),
    );
    const dots = (["before", "after"] as const).map(
      (side, s): Trace => ({
        ...on,
        type: "scatter",
        mode: "markers",
        name: plain(options.conditions[s]),
        x: panel.rows.map((row) => row[side]),
        y: panel.rows.map(({ name }) => lineOf(name)),
        text: panel.rows.map((row) => `${plain(row.name)}: ${fixed(row[side])}`),
        hovertemplate: "%{text}<extra>%{data.name}</extra>",
        marker: {
          symbol: s === 0 ? "circle-open" : "circle",
          size: 10,
          color: panel.rows.map(({ colour }) => colour),
          line: { width: 2, color: panel.rows.map(({ colour }) => colour) },
        },
      }),
    );
    return [...bars, ...dots];
  });
  const legend = options.conditions.map(
    (name, s): Trace => ({
      type: "scatter",
      mode: "markers",
      name: plain(name),
      x: [null],
      y: [null],
      marker: { symbol: s === 0 ? "circle-open" : "circle", size: 10, color: INK.quiet, line: { width: 2 } },
      hoverinfo: "skip",
    }),
  );
  return figure([...data, ...legend], {
    title: options.title,
    subtitle: options.subtitle,
    alt: options.alt,
    caption: options.caption,
    height: 165 + 34 * names.length,
    layout: {
      ...layout,
      yaxis: axis("", {
        tickvals: names.map(lineOf),
        ticktext: names.map(plain),
        range: [-0.6, names.length - 0.4],
        showgrid: false,
        ticks: "",
      }),
      legend: {
        orientation: "h",
        x: 0,
        xanchor: "left",
        y: -65 / (34 * names.length),
        yanchor: "top",
        font: { size: 12 },
      },
    },
  });
}
