/**
 * @file Determines how the paper computes its z-scores: over its 8 models (without the baselines), with the sample
 * standard deviation.
 *
 * The paper does not say. The boxes of its box plots, read from the poster's pixels, are compared with boxes recomputed
 * from its scores under four recipes. A recipe is a set of models (the authors' 8, or all 11 with the baselines) and a
 * standard deviation (sample or population). `data/paper/poster-boxes.csv` has the boxes of figures 3 and 6. The poster
 * prints figure 3 twice, so the boxes of figure 5 are not known.
 */

import * as path from "node:path";
import { desc, from } from "arquero";
import { PAPER_MODELS, type PaperValues, readPaperValues } from "../results/paper-values";
import { REMEDY } from "../results/read";
import { boxStats } from "../stats/box-stats";
import { type Deviation, zScores } from "../stats/z-score";
import { checkListed } from "../util/manifest";
import { projectRoot } from "../util/project-root";
import { Rng } from "../util/rng";
import { readText } from "../util/text-file";

/** A box of the poster, in standard deviations; one pixel is 0.005 to 0.006. */
export interface PosterBox {
  figure: 3 | 6;
  model: string;
  low: number;
  q1: number;
  median: number;
  q3: number;
  high: number;
  outliers: number[];
}

export interface Recipe {
  models: 8 | 11;
  deviation: Deviation;
}

export interface RecipeRow extends Recipe {
  figure: 3 | 6;
  model: string;
  what: "q1" | "median" | "q3";
  poster: number;
  recomputed: number;
  difference: number;
}

export const RECIPES: readonly Recipe[] = [
  { models: 8, deviation: "sample" },
  { models: 8, deviation: "population" },
  { models: 11, deviation: "sample" },
  { models: 11, deviation: "population" },
];

const PARTS = ["q1", "median", "q3"] as const;

/** Every quartile and median of the poster beside the recomputed one, for each recipe. */
export function recipeRows(root = projectRoot()): RecipeRow[] {
  const values = readPaperValues(root);
  const boxes = readPosterBoxes(root);
  return RECIPES.flatMap((recipe) => {
    const boxOf = recomputedBoxes(values, recipe);
    return boxes.flatMap(({ figure, model, ...box }) =>
      PARTS.map((what): RecipeRow => {
        const recomputed = boxOf(figure, model)[what];
        return { ...recipe, figure, model, what, poster: box[what], recomputed, difference: recomputed - box[what] };
      }),
    );
  });
}

/** Largest and mean absolute difference from the poster's boxes over 24 quartiles and medians, one row per recipe and figure. */
export function recipeTable(rows: readonly RecipeRow[]): Record<string, unknown>[] {
  return from([...rows])
    .derive({ difference: "d => op.abs(d.difference)", where: "d => d.what + ' of ' + d.model" })
    .orderby(desc("difference"))
    .groupby("models", "deviation", "figure")
    .rollup({
      "largest difference": "d => op.max(d.difference)",
      "mean difference": "d => op.mean(d.difference)",
      where: "d => op.array_agg(d.where)[0]",
    })
    .orderby("figure", "mean difference")
    .objects() as Record<string, unknown>[];
}

export interface Reach {
  figure: 3 | 6;
  model: string;
  what: "q1" | "median" | "q3";
  poster: number;
  low: number;
  high: number;
}

/**
 * The range of each quartile and median when every value varies within its reading precision: the smallest and largest
 * of `draws` recomputations. If the poster's number lies inside, the reading precision explains the difference.
 */
export function precisionReach(recipe: Recipe, root = projectRoot(), draws = 500): Reach[] {
  const values = readPaperValues(root);
  const rng = Rng.fromSeed("precision of the poster");
  const reach = readPosterBoxes(root).flatMap(({ figure, model, ...box }) =>
    PARTS.map((what): Reach => ({ figure, model, what, poster: box[what], low: Infinity, high: -Infinity })),
  );
  for (let draw = 0; draw < draws; draw++) {
    const boxOf = recomputedBoxes(
      { ...values, values: values.values.map((v) => ({ ...v, value: within(v) })) },
      recipe,
    );
    for (const r of reach) {
      const value = boxOf(r.figure, r.model)[r.what];
      r.low = Math.min(r.low, value);
      r.high = Math.max(r.high, value);
    }
  }
  return reach;

  function within({ task, value, precision }: PaperValues["values"][number]): number {
    const unit = values.tasks.find((t) => t.task === task)?.metric === "variance_explained_percent" ? 1 : 0.01;
    if (precision === "exact") return value;
    return precision === "unreadable" ? 0.1 * rng.next() : value + unit * 0.1 * (2 * rng.next() - 1);
  }
}

/** The boxes of the authors' models under a recipe; quartiles R-7, as in all our figures. */
function recomputedBoxes({ tasks, values }: PaperValues, { models, deviation }: Recipe) {
  const own = Object.keys(PAPER_MODELS);
  const z = new Map<string, number>();
  for (const { task } of tasks) {
    const members = values.filter((v) => v.task === task && (models === 11 || own.includes(v.model)));
    const scores = zScores(
      members.map((m) => m.value),
      deviation,
    );
    members.forEach((m, i) => {
      z.set(`${m.model} ${task}`, scores[i]);
    });
  }
  return (figure: 3 | 6, model: string) =>
    boxStats(
      tasks
        .filter((t) => figure === 6 || t.family === "fine-tuning")
        .map((t) => z.get(`${model} ${t.task}`) ?? Number.NaN),
    );
}

/** @throws Error naming the file and line that is not a box */
export function readPosterBoxes(root = projectRoot()): PosterBox[] {
  const file = path.join(root, "data", "paper", "poster-boxes.csv");
  checkListed(file, REMEDY);
  const [header, ...lines] = readText(file).trimEnd().split("\n");
  if (header !== "figure,model,low,q1,median,q3,high,outliers") {
    throw new Error(`${file}:1: want the columns figure,model,low,q1,median,q3,high,outliers, got "${header}"`);
  }
  return lines.map((line, i) => {
    const [figure, model, low, q1, median, q3, high, outliers] = line.split(",");
    const five = [low, q1, median, q3, high].map(Number);
    const ordered = five.every((v, k) => Number.isFinite(v) && (k === 0 || v >= five[k - 1]));
    if ((figure !== "3" && figure !== "6") || !(model in PAPER_MODELS) || !ordered || outliers === undefined) {
      throw new Error(`${file}:${i + 2}: want figure 3 or 6, a model and five ascending numbers, got "${line}"`);
    }
    return {
      figure: figure === "3" ? 3 : 6,
      model,
      low: five[0],
      q1: five[1],
      median: five[2],
      q3: five[3],
      high: five[4],
      outliers: outliers === "" ? [] : outliers.split(" ").map(Number),
    };
  });
}
