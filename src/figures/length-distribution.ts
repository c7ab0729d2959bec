/**
 * @file Distribution of text lengths: one panel per source, with one stepped line for prompts and one for replies
 * (figure 1 of the paper).
 *
 * A step is the share of items in one bin; bins have equal width. The poster's title of the figure says "quantile = 1",
 * which means that nothing is cut off. A long tail then flattens the rest, so the quantile is an argument, and the
 * caption counts the lengths beyond it.
 */

import { quantile } from "../stats/quantile";
import { thousands } from "../util/format";
import { axis, type Figure, figure, fixed, type Layout, plain, type Trace } from "./figure";
import { INK, SEQUENCE, translucent } from "./palette";

export interface LengthGroup {
  /** Name of the panel, for example the source. */
  panel: string;
  /** Name of the distribution, for example `prompt`. */
  name: string;
  colour?: string;
  lengths: ArrayLike<number>;
}

export interface LengthOptions {
  title: string;
  subtitle?: string;
  /** Unit of the lengths. Default `words`. */
  unit?: string;
  /** Show lengths up to this quantile of the longest distribution. Default 0.99; 1 shows all. */
  upTo?: number;
  bins?: number;
  /** Name of the items, for axis and caption. Default `texts`. */
  items?: string;
  source?: string;
}

/** @throws RangeError if there is no group or one is empty */
export function lengthDistribution(groups: readonly LengthGroup[], options: LengthOptions): Figure {
  const { unit = "words", upTo = 0.99, bins = 30, items = "texts" } = options;
  if (groups.length === 0) throw new RangeError("lengthDistribution: no groups");
  const panels = [...new Set(groups.map((g) => g.panel))];
  const names = [...new Set(groups.map((g) => g.name))];
  const empty = groups.find((g) => g.lengths.length === 0);
  if (empty !== undefined) throw new RangeError(`lengthDistribution: ${empty.panel}, ${empty.name} is empty`);
  // one range and one bin width for all panels, so that they can be compared
  const end = Math.max(...groups.map((g) => quantile(g.lengths, upTo)));
  const width = Math.max(1, Math.ceil((end + 1) / bins));
  const axes: Layout = {};
  const annotations: Layout[] = [];
  let beyond = 0;
  let total = 0;
  const data = panels.flatMap((panel, p): Trace[] => {
    const members = groups.filter((g) => g.panel === panel);
    const suffix = p === 0 ? "" : String(p + 1);
    const [bottom, top] = span(p, panels.length);
    axes[`xaxis${suffix}`] = axis(p === panels.length - 1 ? `length (${unit})` : "", {
      anchor: `y${suffix}`,
      range: [0, width * (Math.floor(end / width) + 1)],
    });
    axes[`yaxis${suffix}`] = axis(`share of ${items}`, {
      domain: [bottom, top],
      tickformat: ".0%",
      rangemode: "tozero",
      anchor: `x${suffix}`,
    });
    annotations.push({
      text: `<b>${plain(panel)}</b>`,
      showarrow: false,
      xref: `x${suffix} domain`,
      yref: `y${suffix} domain`,
      x: 1,
      xanchor: "right",
      y: 1,
      yanchor: "top",
    });
    return members.map((g) => {
      const counted = binned(g.lengths, width, end);
      beyond += counted.beyond;
      total += g.lengths.length;
      const colour = g.colour ?? SEQUENCE[names.indexOf(g.name) % SEQUENCE.length];
      return {
        type: "scatter",
        mode: "lines",
        name: plain(g.name),
        legendgroup: plain(g.name),
        showlegend: p === 0 || !groups.some((o) => o.panel === panels[0] && o.name === g.name),
        xaxis: `x${suffix}`,
        yaxis: `y${suffix}`,
        x: [...counted.shares.map((_, i) => i * width), counted.shares.length * width],
        y: [...counted.shares, 0],
        customdata: counted.shares.map((_, i) => (width === 1 ? `${i}` : `${i * width} to ${i * width + width - 1}`)),
        hovertemplate: `%{customdata} ${unit}: %{y:.1%}<extra>${plain(g.name)}</extra>`,
        line: { color: colour, width: 2, shape: "hv" },
        fill: "tozeroy",
        fillcolor: translucent(colour, 0.2),
      };
    });
  });
  const medians = groups.map(
    (g) => `${g.panel} ${g.name}: median ${fixed(quantile(g.lengths, 0.5), 0)}, longest ${maximum(g.lengths)}`,
  );
  const cut = beyond === 0 ? "" : ` ${thousands(beyond)} of ${thousands(total)} lengths lie beyond the right edge.`;
  return figure(data, {
    title: options.title,
    subtitle: options.subtitle,
    height: 90 + 190 * panels.length,
    alt: `${options.title}. In ${unit}: ${medians.join("; ")}.`,
    caption:
      `Share of ${items} by length in ${unit}. ` +
      `${groups.map((g) => `${g.panel} ${g.name}: n = ${thousands(g.lengths.length)}`).join("; ")}.${cut}` +
      (options.source === undefined ? "" : ` Source: ${options.source}.`),
    layout: {
      ...axes,
      annotations,
      legend: { orientation: "h", x: 0, xanchor: "left", y: -0.2 / panels.length, yanchor: "top", font: { size: 12 } },
      font: { color: INK.text, size: 12 },
    },
  });
}

/** Shares of items in `[0, width)`, `[width, 2 width)`, ... up to the bin that contains `end`. */
function binned(lengths: ArrayLike<number>, width: number, end: number): { shares: number[]; beyond: number } {
  const shares = new Array<number>(Math.floor(end / width) + 1).fill(0);
  let beyond = 0;
  for (let i = 0; i < lengths.length; i++) {
    const bin = Math.floor(lengths[i] / width);
    if (bin < shares.length) shares[bin] += 1 / lengths.length;
    else beyond++;
  }
  return { shares, beyond };
}

/** Vertical range of panel `p` of `count`; the first is on top. */
function span(p: number, count: number): [number, number] {
  const gap = count === 1 ? 0 : 0.3 / count;
  const height = (1 - gap * (count - 1)) / count;
  const top = 1 - p * (height + gap);
  return [Math.max(0, top - height), top];
}

function maximum(lengths: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < lengths.length; i++) most = Math.max(most, lengths[i]);
  return most;
}
