/** @file Loss over updates, with the loss of a uniform guess (ln V) as a reference line. */

import { from, rolling } from "arquero";
import { type Figure, fixed } from "./figure";
import { type Line, lineChart } from "./line-chart";
import { SEQUENCE } from "./palette";

/** A row of a run's `losses.csv`, or of the training loop. */
type LossRow = { step: number; lossNats: number } | Readonly<Record<string, number | string>>;

export interface LossCurve {
  name: string;
  colour?: string;
  dash?: Line["dash"];
  /** Rows with the columns `step` and `lossNats`. */
  rows: readonly LossRow[];
}

export interface LossCurveOptions {
  title: string;
  subtitle?: string;
  source: string;
  /** Draws the line ln V if given. */
  vocabSize?: number;
}

/** Half-width of the moving mean, as a fraction of the curve. */
const REACH = 0.0125;

/** Thin raw losses behind a thick moving mean. @throws RangeError if a curve has no rows */
export function lossCurve(curves: readonly LossCurve[], options: LossCurveOptions): Figure {
  const measured = curves.map(({ name, colour, dash, rows }, i) => {
    if (rows.length === 0) throw new RangeError(`lossCurve: "${name}" has no updates`);
    const points = rows.map((r) => ({ step: Number(r.step), loss: Number(r.lossNats) }));
    const reach = Math.round(REACH * points.length);
    const smooth = from(points)
      .orderby("step")
      .derive({ mean: rolling("d => op.mean(d.loss)", [-reach, reach]) })
      .objects() as { step: number; loss: number; mean: number }[];
    return { name, colour: colour ?? SEQUENCE[i % SEQUENCE.length], dash, reach, smooth };
  });
  const lines = measured.flatMap(({ name, colour, dash, reach, smooth }): Line[] => {
    const x = smooth.map((p) => p.step);
    const raw: Line = { name, colour, dash, x, y: smooth.map((p) => p.loss) };
    return reach === 0
      ? [raw]
      : [
          { ...raw, dash: "solid", faint: true },
          { ...raw, y: smooth.map((p) => p.mean) },
        ];
  });
  const words = measured.map(({ name, smooth }) => {
    const [first, last] = [smooth[0], smooth[smooth.length - 1]];
    return `${name} from ${fixed(first.loss)} to ${fixed(last.loss)} nats in ${last.step} updates`;
  });
  const smoothed = measured.some((m) => m.reach > 0)
    ? ` Thin: as logged; thick: moving mean over ${(200 * REACH).toFixed(1)} % of the curve.`
    : "";
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
    caption: `Mean cross-entropy of the training tokens that carry loss.${smoothed} Source: ${options.source}.`,
  });
}
