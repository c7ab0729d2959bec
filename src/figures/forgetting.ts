/**
 * @file Learning and forgetting during a curriculum: loss on held-out replies of both sources, after pre-training and
 * after each stage.
 */

import type { RunSummary, Variant } from "../results/schema";
import { meanOf } from "../stats/mean";
import { type Figure, fixed } from "./figure";
import { type Line, lineChart } from "./line-chart";
import { VARIANT_COLOURS } from "./palette";

/** A curriculum as the sequence of its runs; the first is the pre-trained model. */
const PATHS: Partial<Record<Variant, readonly Variant[]>> = {
  merged: ["base", "merged"],
  "switch-wiki": ["base", "switch", "switch-wiki"],
  "wiki-switch": ["base", "wiki", "wiki-switch"],
};

const SOURCES = [
  { source: "switchboard-replies", name: "Switchboard replies", dash: "solid" },
  { source: "simple_wiki-replies", name: "Wikipedia replies", dash: "dash" },
] as const;

/** Loss of a run on one source in nats per token, measured after its last stage; NaN if it was not measured. */
export function validationLossOf(run: RunSummary, source: string): number {
  return run.validationLossNats.find((v) => v.source === source)?.lossNats ?? Number.NaN;
}

/**
 * Loss on held-out replies after each stage of the curricula, as means over seeds, with whiskers from the smallest to
 * the largest.
 *
 * @param runs - of one or several seeds @throws Error naming the runs that are missing
 */
export function forgettingFigure(
  runs: readonly RunSummary[],
  options: { source: string; curricula?: readonly Variant[] },
): Figure {
  const curricula = options.curricula ?? ["switch-wiki", "wiki-switch"];
  const lines = curricula.flatMap((curriculum): Line[] => {
    const path = (PATHS[curriculum] ?? ["base", curriculum]).map((variant) => {
      const seeds = runs.filter((r) => r.model === "wide" && r.variant === variant);
      if (seeds.length === 0) throw new Error(`forgettingFigure: the run wide-${variant} is missing`);
      return seeds;
    });
    return SOURCES.map(({ source, name, dash }) => {
      const losses = path.map((seeds) => seeds.map((run) => validationLossOf(run, source)));
      return {
        name: `${curriculum.replace("-", "→")}: ${name}`,
        colour: VARIANT_COLOURS[curriculum],
        dash,
        marks: true,
        x: path.map((_, i) => i),
        y: losses.map((values) => meanOf(values)),
        ...(losses.every((values) => values.length > 1)
          ? { low: losses.map((values) => Math.min(...values)), high: losses.map((values) => Math.max(...values)) }
          : {}),
      };
    });
  });
  const words = lines.map((l) => `${l.name} ${Array.from(l.y, (v) => fixed(v)).join(", then ")}`);
  const figure = lineChart(lines, {
    title: "Loss on held-out replies after each stage",
    xTitle: "",
    yTitle: "loss (nats per reply token)",
    height: 440,
    alt: `Loss on held-out replies after pre-training and after each stage, in nats. ${words.join("; ")}.`,
    caption: `Lower is better; a line that rises forgets. Full lines: Switchboard, dashed: Simple Wikipedia.${lines.some((l) => l.low !== undefined) ? " Means over seeds, whiskers: smallest and largest." : ""} Source: ${options.source}.`,
  });
  figure.layout.xaxis = {
    ...(figure.layout.xaxis as object),
    tickvals: [0, 1, 2],
    ticktext: ["pre-trained", "after stage 1", "after stage 2"],
    range: [-0.15, 2.15],
  };
  return figure;
}
