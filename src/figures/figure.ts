/**
 * @file A figure: plotly's own JSON (traces and layout), with its title, caption and alternative text.
 *
 * Figures are pure functions of rows: no clock, no file, no network, no global, so that they can be golden files. They
 * are rendered in Jupyter, in the report, and as PNG and SVG by src/notebook/static-images.ts.
 */

import { INK } from "./palette";

export type Trace = { type: string } & Record<string, unknown>;
export type Layout = Record<string, unknown>;

export interface Figure {
  data: Trace[];
  /** `layout.meta` has `alt` (a description for readers who do not see the picture) and `caption`. */
  layout: Layout & { meta: FigureWords };
}

export interface FigureWords {
  /** One or two sentences with the main numbers: the alternative text. */
  alt: string;
  /** What is shown, the number of items, and the runs it comes from. */
  caption: string;
  /** Minimum width in pixels; narrower pages scroll the picture. */
  minWidth?: number;
}

export interface FigureFrame extends FigureWords {
  title: string;
  /** A second, smaller line under the title. */
  subtitle?: string;
  /** Height in pixels. The width follows the page. */
  height: number;
  layout?: Layout;
}

/** The common layout: white background, light grid, title at the left, legend below, room for long labels. */
export function figure(data: Trace[], frame: FigureFrame): Figure {
  const { title, subtitle, height, alt, caption, minWidth, layout = {} } = frame;
  return {
    data,
    layout: {
      title: {
        text: title,
        x: 0,
        xref: "container",
        xanchor: "left",
        pad: { l: 12 },
        font: { size: 16 },
        ...(subtitle === undefined ? {} : { subtitle: { text: subtitle, font: { size: 12, color: INK.quiet } } }),
      },
      height,
      margin: { l: 16, r: 16, t: subtitle === undefined ? 48 : 68, b: 16 },
      font: { color: INK.text, size: 12 },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      legend: { orientation: "h", x: 0, xanchor: "left", y: -0.12, yanchor: "top", font: { size: 12 } },
      hoverlabel: { align: "left" },
      ...layout,
      meta: { alt, caption, ...(minWidth === undefined ? {} : { minWidth }) },
    },
  };
}

/** An axis with a title, a light grid and room for its labels. */
export function axis(title: string, more: Layout = {}): Layout {
  return {
    title: { text: title, standoff: 8 },
    automargin: true,
    gridcolor: INK.grid,
    linecolor: INK.axis,
    zeroline: false,
    tickfont: { size: 12 },
    ...more,
  };
}

/** Escape text from data or a model for plotly's labels, which interpret a subset of HTML. */
export function plain(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** `0.1234` as `0.12`; NaN as `undefined`. For captions and hover texts. */
export function fixed(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return "undefined";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "−");
}
