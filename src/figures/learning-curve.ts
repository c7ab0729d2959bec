/**
 * @file Learning curves: scores and held-out loss of base models over the words seen in training.
 *
 * Two panels with one logarithmic axis of words: accuracies, with chance as a dashed line, and losses. The wide model
 * has solid lines, the narrow one dashed lines. Losses are per word, because the two models have different tokenizers.
 */

import type { CurveRow } from "../results/learning-curve";
import type { ModelName } from "../results/schema";
import { axis, type Figure, figure, fixed, plain, type Trace } from "./figure";
import { INK, SEQUENCE, sourceStyle } from "./palette";

export interface ModelCurve {
  model: ModelName;
  rows: readonly CurveRow[];
}

export interface LearningCurveOptions {
  source: string;
  /** Display name of a task or source. */
  label: (measure: string) => string;
  /** Words of the held-out text of each source, from `heldOutWords`. */
  heldOutWords: ReadonlyMap<string, number>;
  /** Chance level of the tasks. Default 0.5, for two options. */
  chance?: number;
}

/** @throws RangeError if no model has a row, or a source of held-out text has no number of words */
export function learningCurveFigure(curves: readonly ModelCurve[], options: LearningCurveOptions): Figure {
  const { source, label, heldOutWords, chance = 0.5 } = options;
  const rows = curves.flatMap((curve) => curve.rows);
  if (rows.length === 0) throw new RangeError("learningCurveFigure: no model has a learning curve");
  const measures = [...new Set(rows.map((row) => row.measure))];
  const isLoss = (measure: string) => rows.some((row) => row.measure === measure && row.metric === "loss_nats");
  const drawn = ({ measure, metric, value, n }: CurveRow) => {
    if (metric !== "loss_nats") return 100 * value;
    const words = heldOutWords.get(measure);
    if (words === undefined) throw new RangeError(`learningCurveFigure: no number of words for ${measure}`);
    return (value * n) / words;
  };
  const tasks = measures.filter((measure) => !isLoss(measure));
  const drawnBefore = (measure: string, index: number) =>
    curves.slice(0, index).some((curve) => curve.rows.some((row) => row.measure === measure));
  const traces = curves.flatMap(({ model, rows: own }, index) =>
    measures.flatMap((measure): Trace[] => {
      const points = own.filter((row) => row.measure === measure);
      if (points.length === 0) return [];
      const colour = isLoss(measure) ? sourceStyle(measure).colour : SEQUENCE[tasks.indexOf(measure) % SEQUENCE.length];
      return [
        {
          type: "scatter",
          mode: "lines+markers",
          name: plain(label(measure)),
          legendgroup: measure,
          showlegend: !drawnBefore(measure, index),
          x: points.map((row) => row.words),
          y: points.map(drawn),
          xaxis: isLoss(measure) ? "x2" : "x",
          yaxis: isLoss(measure) ? "y2" : "y",
          line: { color: colour, width: 2, dash: model === "wide" ? "solid" : "dash" },
          marker: { color: colour, size: 5, symbol: model === "wide" ? "circle" : "circle-open" },
        },
      ];
    }),
  );
  const words = curves.flatMap(({ model, rows: own }) =>
    measures.map((measure) => {
      const points = own.filter((row) => row.measure === measure);
      const [first, last] = [points[0], points[points.length - 1]];
      const unit = isLoss(measure) ? "nats per word" : "%";
      return `${label(measure)}, ${model}: ${fixed(drawn(first))} to ${fixed(drawn(last))} ${unit}`;
    }),
  );
  const ticks = wordTicks(rows.map((row) => row.words));
  const panel = { type: "log", tickvals: ticks, ticktext: ticks.map(wordsText) };
  return figure(traces, {
    title: "Learning curves of the base models",
    subtitle: curves.length > 1 ? `solid: wide model; dashed: narrow model; ${source}` : source,
    height: 420,
    alt: `Over the words seen in training: ${words.join("; ")}.`,
    caption: `Every checkpoint of pre-training, scored in full; losses are on held-out documents, per word. Source: ${source}.`,
    layout: {
      xaxis: axis("words seen", { ...panel, domain: [0, 0.46], anchor: "y" }),
      yaxis: axis("correct (%)", { anchor: "x" }),
      xaxis2: axis("words seen", { ...panel, domain: [0.56, 1], anchor: "y2" }),
      yaxis2: axis("held-out loss (nats per word)", { anchor: "x2" }),
      legend: { orientation: "h", x: 0, xanchor: "left", y: -0.25, yanchor: "top", font: { size: 12 } },
      shapes: [
        {
          type: "line",
          layer: "below",
          xref: "paper",
          x0: 0,
          x1: 0.46,
          yref: "y",
          y0: 100 * chance,
          y1: 100 * chance,
          line: { color: INK.chance, width: 1.5, dash: "dash" },
        },
      ],
    },
  });
}

/** 1, 2 and 5 times the powers of ten within the range of the data; both ends if there is none. */
function wordTicks(words: readonly number[]): number[] {
  const [least, most] = [Math.min(...words), Math.max(...words)];
  const first = Math.floor(Math.log10(least));
  const powers = Array.from({ length: Math.ceil(Math.log10(most)) - first + 1 }, (_, i) => 10 ** (first + i));
  const ticks = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((x) => x >= least && x <= most);
  return ticks.length === 0 ? [least, most] : ticks;
}

function wordsText(words: number): string {
  return words >= 1e6
    ? `${+(words / 1e6).toFixed(1)}M`
    : words >= 1e3
      ? `${+(words / 1e3).toFixed(1)}k`
      : String(words);
}
