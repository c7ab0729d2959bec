/** @file Loss over updates, with the loss of guessing evenly (ln V) as a mark. */

import { type Figure, fixed } from "./figure";
import { type Line, lineChart } from "./line-chart";

/** A row of a run's `losses.csv`, or of the training loop. */
type LossRow = { step: number; lossNats: number } | Readonly<Record<string, number | string>>;

export interface LossCurve {
  name: string;
  colour?: string;
  dash?: Line["dash"];
  /** Columns `step` and `lossNats` are drawn. */
  rows: readonly LossRow[];
}

export interface LossCurveOptions {
  title: string;
  subtitle?: string;
  source: string;
  /** Draws ln V. */
  vocabSize?: number;
}

/** @throws RangeError if a curve has no rows */
export function lossCurve(curves: readonly LossCurve[], options: LossCurveOptions): Figure {
  const lines = curves.map(({ name, colour, dash, rows }): Line => {
    if (rows.length === 0) throw new RangeError(`lossCurve: "${name}" has no updates`);
    return { name, colour, dash, x: rows.map((r) => Number(r.step)), y: rows.map((r) => Number(r.lossNats)) };
  });
  const words = lines.map(
    (l) => `${l.name} from ${fixed(l.y[0])} to ${fixed(l.y[l.y.length - 1])} nats in ${l.x[l.x.length - 1]} updates`,
  );
  return lineChart(lines, {
    title: options.title,
    subtitle: options.subtitle,
    xTitle: "update",
    yTitle: "loss (nats per token)",
    reference:
      options.vocabSize === undefined
        ? undefined
        : { value: Math.log(options.vocabSize), name: `ln ${options.vocabSize}, guessing evenly` },
    alt: `${options.title}: ${words.join("; ")}.`,
    caption: `Mean cross-entropy of the training tokens that carry loss. Source: ${options.source}.`,
  });
}
