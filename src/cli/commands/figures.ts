/**
 * @file `figures`: draw figures 1 to 6, pre-training losses, learning curves and differences between seeds of a world's
 * finished runs as plotly JSON, SVG and PNG in `figures/<world>/`.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { seedDifferences } from "../../claims/between-seeds";
import type { Figure } from "../../figures/figure";
import { learningCurveFigure } from "../../figures/learning-curve";
import { lossCurve } from "../../figures/loss-curve";
import { figure1, figure2, figure3, figure4, figure5, figure6 } from "../../figures/paper-figures";
import { betweenSeedsFigure } from "../../notebook/display/between-seeds-figure";
import { judgeAllWorlds, statementsFigure } from "../../notebook/display/statements-figure";
import { writeFigure } from "../../notebook/images/figure-files";
import { openPictures } from "../../notebook/images/pictures";
import { measureLabel, runLabel, runOrder } from "../../results/labels";
import { heldOutWords, learningCurveOf } from "../../results/learning-curve";
import { lossesOf, openResults, pairLengthsOf } from "../../results/open-results";
import { hasFinishedRun } from "../../results/read";
import type { Deviation } from "../../stats/z-score";
import { messageOf, oneOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";

interface Options {
  world: string;
  out?: string;
  deviation: string;
  published: boolean;
}

export function register(program: Command): void {
  program
    .command("figures")
    .description("draw figures 1 to 6 and the pre-training losses of the finished runs")
    .option("--world <name>", "results to draw: paper, sample, study, study-paper-shapes", "all")
    .option("--out <folder>", "output folder; default figures/<world>")
    .option("--deviation <kind>", "standard deviation of the z-scores: sample or population", "sample")
    .option(
      "--published",
      "also draw published baselines (only for worlds of real text, which have the same benchmarks)",
      false,
    )
    .action(drawFigures);
}

/** @throws Error if there are no results of the world */
export async function drawFigures(options: Options): Promise<void> {
  const deviation = oneOf<Deviation>("deviation", options.deviation, ["sample", "population"]);
  const worlds = worldsWithResults();
  const wanted = options.world === "all" ? worlds : [oneOf("world", options.world, worlds)];
  const without = options.published ? wanted.find((world) => openResults(world).baselines.length === 0) : undefined;
  if (without !== undefined) {
    throw new Error(`--published: published numbers are for the real benchmarks, not ${without}; add --world study`);
  }
  const pictures = openPictures((sentence) => process.stderr.write(`${sentence}\n`));
  try {
    for (const world of wanted) {
      const folder = path.resolve(options.out ?? path.join(projectRoot(), "figures", world));
      for (const [name, figure] of Object.entries(figuresOf(world, deviation, options.published))) {
        await writeFigure(path.join(folder, name), figure, pictures);
      }
      process.stdout.write(`figures of the ${world} world are in ${path.relative(process.cwd(), folder)}\n`);
    }
  } finally {
    await pictures.close();
  }
}

/** Figures that cannot be drawn (no lengths, too few models) are reported on standard error and left out. */
function figuresOf(world: string, deviation: Deviation, withPublished: boolean): Record<string, Figure> {
  const results = openResults(world);
  const { source, firstSeedSource, intervals, baselines } = results;
  const scored = { source, intervals, deviation, published: withPublished ? baselines : [] };
  const bars = world === "paper" ? { ...scored, published: baselines } : scored; // the paper's bar charts show its baselines
  const makers: Record<string, () => Figure> = {
    ...(world === "paper" ? { statements: () => statementsFigure(judgeAllWorlds()) } : {}),
    "fig-1-length-distribution": () => figure1(pairLengthsOf(world), { source: firstSeedSource }),
    "fig-2-fine-tuning": () => figure2(results.rows, bars),
    "fig-3-fine-tuning-z": () => figure3(results.rows, scored),
    "fig-4-zero-shot": () => figure4(results.rows, bars),
    "fig-5-zero-shot-z": () => figure5(results.rows, scored),
    "fig-6-all-tasks-z": () => figure6(results.rows, scored),
    "pre-training-loss": () =>
      lossCurve(
        results.runs
          .filter((run) => run.variant === "base")
          .sort((a, b) => runOrder(a.model, a.variant) - runOrder(b.model, b.variant))
          .map((run) => ({
            name: runLabel(run.model, run.variant),
            dash: run.model === "wide" ? "solid" : "dash",
            rows: lossesOf(world, run.runId),
          })),
        { title: "Pre-training loss", subtitle: firstSeedSource, source: firstSeedSource },
      ),
  };
  const curves = results.runs
    .filter((run) => run.variant === "base" && world !== "paper")
    .sort((a, b) => runOrder(a.model, a.variant) - runOrder(b.model, b.variant))
    .map((run) => ({ model: run.model, rows: learningCurveOf(world, run.runId) }))
    .filter(({ rows }) => rows.length > 0);
  const differences = seedDifferences(results);
  if (differences.length > 0 && results.partialRuns.length > 0)
    makers["between-seeds"] = () => betweenSeedsFigure(differences, { source: results.everySeedSource });
  if (curves.length > 0)
    makers["learning-curves"] = () =>
      learningCurveFigure(curves, { source: firstSeedSource, label: measureLabel, heldOutWords: heldOutWords(world) });
  const figures: Record<string, Figure> = {};
  for (const [name, make] of Object.entries(makers)) {
    try {
      figures[name] = make();
    } catch (error) {
      process.stderr.write(`${name} of the ${world} world is left out: ${messageOf(error)}\n`);
    }
  }
  return figures;
}

function worldsWithResults(): string[] {
  const folder = path.join(projectRoot(), "data", "results");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : [];
  const worlds = names.filter(
    (entry) => entry.isDirectory() && !entry.name.includes("-seed-") && hasFinishedRun(path.join(folder, entry.name)),
  );
  return ["paper", ...worlds.map(({ name }) => name).sort()];
}
