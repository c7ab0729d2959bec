/** @file Line charts over training steps, for losses and schedules. */

import { axis, type Figure, type FigureWords, figure, type Layout, plain } from "./figure";
import { INK, SEQUENCE } from "./palette";

export interface Line {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Whiskers: the smallest and the largest value behind each point. */
  low?: ArrayLike<number>;
  high?: ArrayLike<number>;
  colour?: string;
  dash?: "solid" | "dash" | "dot";
  /** Draw a mark on each point; for lines with few points. */
  marks?: boolean;
  /** Thin and pale, without a legend entry; for the raw values behind a smoothed line. */
  faint?: boolean;
}

export interface LineChartOptions extends FigureWords {
  title: string;
  subtitle?: string;
  xTitle: string;
  yTitle: string;
  height?: number;
  /** A dashed horizontal line with its name, for example `ln V`, the loss of a uniform guess. */
  reference?: { value: number; name: string };
  /** Vertical lines with names, for example at the start of a stage. */
  marks?: readonly { x: number; name: string }[];
  logarithmicX?: boolean;
}

/** @throws RangeError if a line's x and y differ in length */
export function lineChart(lines: readonly Line[], options: LineChartOptions): Figure {
  const shapes: Layout[] = [];
  const annotations: Layout[] = [];
  if (options.reference !== undefined) {
    const { value, name } = options.reference;
    shapes.push({ ...rule, xref: "paper", x0: 0, x1: 1, yref: "y", y0: value, y1: value });
    annotations.push({
      ...note,
      text: plain(name),
      xref: "paper",
      x: 1,
      xanchor: "right",
      y: value,
      yanchor: "bottom",
    });
  }
  for (const { x, name } of options.marks ?? []) {
    shapes.push({ ...rule, xref: "x", x0: x, x1: x, yref: "paper", y0: 0, y1: 1 });
    annotations.push({
      ...note,
      text: plain(name),
      xref: "x",
      x,
      xanchor: "left",
      yref: "paper",
      y: 1,
      yanchor: "top",
    });
  }
  return figure(
    lines.map((line, i) => {
      if (line.x.length !== line.y.length) {
        throw new RangeError(`lineChart: "${line.name}" has ${line.x.length} x and ${line.y.length} y`);
      }
      const colour = line.colour ?? SEQUENCE[i % SEQUENCE.length];
      return {
        type: "scatter",
        mode: line.marks ? "lines+markers" : "lines",
        name: plain(line.name),
        x: Array.from(line.x),
        y: Array.from(line.y, (v) => (Number.isFinite(v) ? v : null)),
        line: { color: colour, width: line.faint ? 1 : 2, dash: line.dash ?? "solid" },
        ...(line.faint ? { opacity: 0.35, showlegend: false, hoverinfo: "skip" } : {}),
        marker: { color: colour, size: 6 },
        ...(line.low === undefined || line.high === undefined ? {} : { error_y: whiskers(line, colour) }),
      };
    }),
    {
      title: options.title,
      subtitle: options.subtitle,
      alt: options.alt,
      caption: options.caption,
      height: options.height ?? 380,
      layout: {
        xaxis: axis(options.xTitle, options.logarithmicX ? { type: "log" } : {}),
        yaxis: axis(options.yTitle),
        showlegend: lines.filter((line) => !line.faint).length > 1,
        shapes,
        annotations,
      },
    },
  );
}

function whiskers({ y, low = y, high = y }: Line, colour: string): Layout {
  const reach = (ends: ArrayLike<number>) => Array.from(y, (v, i) => Math.abs(ends[i] - v));
  return {
    type: "data",
    symmetric: false,
    array: reach(high),
    arrayminus: reach(low),
    thickness: 1,
    width: 3,
    color: colour,
  };
}

const rule: Layout = { type: "line", layer: "below", line: { color: INK.chance, width: 1.5, dash: "dash" } };
const note: Layout = { showarrow: false, font: { size: 11, color: INK.quiet } };
