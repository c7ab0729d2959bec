/**
 * @file Heat maps of attention weights, one per head: one row per token; a darker cell means a larger weight on that
 * earlier token.
 */

import { axis, type Figure, figure, fixed, type Layout, plain, type Trace } from "./figure";
import { INK } from "./palette";

export interface AttentionPanel {
  title: string;
  /** `[T][T]`; row `i` sums to 1 over tokens `0..i`. */
  weights: readonly (readonly number[])[];
}

/** Heights in pixels: a cell, a panel's title, the slanted labels below it, and the margins of the figure. */
const [CELL, TITLE, LABELS, FRAME] = [22, 28, 78, 84];

/** One heat map per head, from left to right, two per line. @param tokens - `[T]` display texts */
export function attentionFigure(
  panels: readonly AttentionPanel[],
  tokens: readonly string[],
  options: { title: string; source: string },
): Figure {
  const lines = Math.ceil(panels.length / 2);
  const cells = CELL * tokens.length;
  const line = TITLE + cells + LABELS;
  const layout: Layout = {};
  const annotations: Layout[] = [];
  const labels = { tickvals: tokens.map((_, i) => i), ticktext: tokens.map(plain), showgrid: false };
  const data = panels.map(({ title, weights }, p): Trace => {
    const suffix = p === 0 ? "" : String(p + 1);
    const [left, top] = [0.53 * (p % 2), 1 - Math.floor(p / 2) / lines];
    const domain = [top - (TITLE + cells) / line / lines, top - TITLE / line / lines];
    layout[`xaxis${suffix}`] = axis("", {
      ...labels,
      domain: [left, left + 0.47],
      anchor: `y${suffix}`,
      tickangle: -60,
    });
    layout[`yaxis${suffix}`] = axis("", { ...labels, domain, anchor: `x${suffix}`, autorange: "reversed" });
    annotations.push({
      text: `<b>${plain(title)}</b>`,
      showarrow: false,
      font: { size: 12, color: INK.text },
      xref: "paper",
      x: left,
      xanchor: "left",
      yref: "paper",
      y: domain[1],
      yanchor: "bottom",
    });
    return {
      type: "heatmap",
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
      z: weights.map((row, i) => row.map((weight, j) => (j > i ? null : weight))),
      text: weights.map((row, i) =>
        row.map((w, j) => `${plain(tokens[i])} takes ${fixed(w)} from ${plain(tokens[j])}`),
      ),
      hovertemplate: "%{text}<extra></extra>",
      hoverongaps: false,
      zmin: 0,
      zmax: 1,
      colorscale: [
        [0, "#f2f5f9"],
        [1, "#0b3d91"],
      ],
      showscale: false,
      xgap: 1,
      ygap: 1,
    };
  });
  const strongest = panels.map(({ title, weights }) => {
    const last = weights[weights.length - 1];
    const most = last.indexOf(Math.max(...last));
    return `${title}: the last token takes most, ${fixed(last[most])}, from "${tokens[most].trim()}"`;
  });
  return figure(data, {
    title: options.title,
    subtitle: "each row is a token; darker: it takes more from that earlier token; a row sums to 1",
    alt: `${options.title}. ${strongest.join("; ")}.`,
    caption: `Softmax weights of ${panels.length} heads over ${tokens.length} tokens. Source: ${options.source}.`,
    height: FRAME + lines * line,
    layout: { ...layout, annotations },
  });
}
