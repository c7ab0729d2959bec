/**
 * @file Figures 1 to 6 of the paper from result rows, with options for alternative choices.
 *
 * The defaults for z-scores are the paper's, recovered from its box plots (src/claims/z-recipe.ts): sample standard
 * deviation, and mean over the eight models without the published baselines. Both can be changed.
 */

import type { PublishedScore } from "../results/beside-paper";
import { RUN_INTERVALS, type ScoreRow } from "../results/frame";
import { metricLabel, shortTaskLabel, taskLabel } from "../results/labels";
import { type ModelScore, modelScores, publishedBeside } from "../results/model-scores";
import type { PairLengths } from "../results/open-results";
import type { Metric, TaskFamily } from "../results/schema";
import { median } from "../stats/quantile";
import type { Deviation } from "../stats/z-score";
import { FEWEST_MODELS, zTable } from "../stats/z-table";
import { type BarPanel, barChart, type ReferenceLevel } from "./bar-chart";
import { BOX_RULE, boxPlot, FEWEST_FOR_BOX } from "./box-plot";
import { type Figure, fixed } from "./figure";
import { lengthDistribution } from "./length-distribution";
import { SIDE_COLOURS, scoreStyle } from "./palette";

export interface PaperFigureOptions {
  /** Source of the numbers, for captions: `sample world, scale tiny`. */
  source: string;
  /** Description of a single run's interval. Default `RUN_INTERVALS`. */
  intervals?: string;
  /** Default `sample`. */
  deviation?: Deviation;
  /** Published models to draw beside ours and to include in the z-means. Default none. */
  published?: readonly PublishedScore[];
  /** Tasks whose dots are drawn pale, with the reason for the caption. Default none. */
  greyed?: { tasks: readonly string[]; why: string };
  /** Named in the title if the rows are a subset, so that it does not look like the paper's figure: `four models`. */
  subset?: string;
}

/** Prompt and reply lengths by source (figure 1). `upTo: 1` is the paper's "quantile = 1". */
export function figure1(pairs: readonly PairLengths[], options: { source: string; upTo?: number }): Figure {
  return lengthDistribution(
    pairs.flatMap(({ source, prompt, reply }) => [
      { panel: SOURCE_NAMES[source] ?? source, name: "prompt", colour: SIDE_COLOURS.prompt, lengths: prompt },
      { panel: SOURCE_NAMES[source] ?? source, name: "reply", colour: SIDE_COLOURS.reply, lengths: reply },
    ]),
    {
      title: "Figure 1. Prompt and reply lengths by source",
      subtitle: options.source,
      upTo: options.upTo ?? 0.99,
      items: "pairs",
      source: options.source,
    },
  );
}

const SOURCE_NAMES: Record<string, string> = { switchboard: "Switchboard", simple_wiki: "Simple Wikipedia" };

/** Fine-tuning scores by task (figure 2). */
export function figure2(rows: readonly ScoreRow[], options: PaperFigureOptions): Figure {
  return scoreBars(rows, "fine-tuning", titled(2, "Fine-tuning: score by task", options), options);
}

/** z-scores over the fine-tuning tasks (figure 3). */
export function figure3(rows: readonly ScoreRow[], options: PaperFigureOptions): Figure {
  return zScoreBoxes(rows, ["fine-tuning"], titled(3, "Fine-tuning: z-scores over tasks", options), options);
}

/** Zero-shot scores by task (figure 4), one panel per metric. */
export function figure4(rows: readonly ScoreRow[], options: PaperFigureOptions): Figure {
  return scoreBars(rows, "zero-shot", titled(4, "Zero-shot: score by task", options), options);
}

/** z-scores over the zero-shot tasks (figure 5). */
export function figure5(rows: readonly ScoreRow[], options: PaperFigureOptions): Figure {
  return zScoreBoxes(rows, ["zero-shot"], titled(5, "Zero-shot: z-scores over tasks", options), options);
}

/** z-scores over all tasks (figure 6). */
export function figure6(rows: readonly ScoreRow[], options: PaperFigureOptions): Figure {
  return zScoreBoxes(rows, ["fine-tuning", "zero-shot"], titled(6, "All tasks: z-scores", options), options);
}

function titled(figure: number, text: string, { subset }: PaperFigureOptions): string {
  return subset === undefined ? `Figure ${figure}. ${text}` : `${text}, ${subset} (as figure ${figure})`;
}

/** Bars of one task family, one panel per metric: different metrics never share an axis. */
function scoreBars(rows: readonly ScoreRow[], family: TaskFamily, title: string, options: PaperFigureOptions): Figure {
  const scores = withPublished(rows, [family], options);
  if (scores.length === 0) throw new RangeError(`${title}: no ${family} scores among ${rows.length} rows`);
  const metrics = METRIC_ORDER.filter((m) => scores.some((s) => s.metric === m));
  const models = modelsOf(scores);
  const ours = scores.filter((s) => s.run !== null);
  const seeds = Math.max(...ours.map((s) => s.seeds));
  const { intervals = RUN_INTERVALS } = options;
  const whiskers = seeds > 1 ? `smallest and largest of ${seeds} seeds` : intervals;
  return barChart(
    metrics.map((metric) => metricPanel(scores, models, metric)),
    {
      title,
      subtitle: options.source,
      height: models.length > 6 ? 500 : 440,
      alt: `${title}. ${bestByTask(ours)}`,
      caption:
        `${title.replace(/^Figure \d\. /, "")}. Whiskers: ${whiskers}.${levelWords(scores)} ` +
        `${models.length} models. ${sourceWords(options)}`,
    },
  );
}

/** Describes the chance and majority lines that the figure has. */
function levelWords(scores: readonly ModelScore[]): string {
  const chance = scores.some((s) => s.chance !== null) ? " Dashed lines: chance." : "";
  return scores.some((s) => s.majority !== null) ? `${chance} Dotted lines: majority class.` : chance;
}

/** Box plots of z-scores: one box per model, one dot per task. */
function zScoreBoxes(
  rows: readonly ScoreRow[],
  families: readonly TaskFamily[],
  title: string,
  options: PaperFigureOptions,
): Figure {
  const deviation = options.deviation ?? "sample";
  const table = zTable(withPublished(rows, families, options), deviation);
  const models = modelsOf(table.scores);
  if (models.length < FEWEST_MODELS) {
    throw new RangeError(`${title}: z-scores need at least three models with a number, got ${models.length}`);
  }
  const groups = models.map(({ model, ...score }) => ({
    name: model,
    style: scoreStyle(score),
    values: table.scores
      .filter((s) => s.model === model)
      .map((s) => ({
        label: taskLabel(s.task),
        short: shortTaskLabel(s.task),
        value: s.z,
        ...(options.greyed?.tasks.includes(s.task) ? { grey: true } : {}),
      })),
  }));
  const tasks = new Set(table.scores.map((s) => s.task)).size;
  const medians = groups.map((g) => `${g.name} ${fixed(median(g.values.map((v) => v.value)))}`);
  const missing =
    table.missing.length === 0
      ? ""
      : ` No score, so no dot: ${table.missing.map((m) => `${m.model} on ${taskLabel(m.task)}`).join(", ")}.`;
  const leftOut =
    table.leftOut.length === 0
      ? ""
      : ` Omitted, because fewer than three models have a score: ${table.leftOut.map(taskLabel).join(", ")}.`;
  const greyed =
    options.greyed === undefined || options.greyed.tasks.length === 0
      ? ""
      : ` Grey dots, ${options.greyed.why}: ${options.greyed.tasks.map(taskLabel).join(", ")}.`;
  const boxes = tasks < FEWEST_FOR_BOX ? `No boxes, because there are fewer than ${FEWEST_FOR_BOX} tasks.` : BOX_RULE;
  return boxPlot(groups, {
    title,
    subtitle: options.source,
    names: true,
    valueTitle: `z-score (${deviation} standard deviations from the task's mean)`,
    reference: 0,
    alt: `${title}, over ${tasks} tasks. Medians: ${medians.join("; ")}.`,
    caption:
      `One dot per task (n = ${tasks}); z-scores over ${models.length} models with the ${deviation} standard deviation. ` +
      `${boxes}${greyed}${missing}${leftOut} ${sourceWords(options)}`,
  });
}

/** Order of the metrics from left to right. */
const METRIC_ORDER: readonly Metric[] = [
  "accuracy",
  "f1",
  "mcc",
  "spearman_rho",
  "pearson_r",
  "variance_explained_percent",
];

function withPublished(
  rows: readonly ScoreRow[],
  families: readonly TaskFamily[],
  { published = [] }: PaperFigureOptions,
): ModelScore[] {
  const ours = modelScores(rows.filter((r) => families.includes(r.family)));
  return [...ours, ...publishedBeside(ours, published)];
}

function modelsOf<T extends { model: string; order: number }>(scores: readonly T[]): T[] {
  const first = new Map<string, T>();
  for (const s of scores) if (!first.has(s.model)) first.set(s.model, s);
  return [...first.values()].sort((a, b) => a.order - b.order);
}

function metricPanel(scores: readonly ModelScore[], models: readonly ModelScore[], metric: Metric): BarPanel {
  const members = scores.filter((s) => s.metric === metric);
  const tasks = [...new Set(members.map((s) => s.task))];
  const fraction = metric === "accuracy" || metric === "f1";
  return {
    valueTitle: metricLabel(metric),
    categories: tasks.map(taskLabel),
    range: fraction ? [0, 1] : undefined,
    tickformat: fraction ? ".0%" : undefined,
    series: models.map(({ model, ...score }) => ({
      name: model,
      style: scoreStyle(score),
      bars: members
        .filter((s) => s.model === model)
        .map((s) => ({ category: taskLabel(s.task), value: s.value, low: s.low, high: s.high })),
    })),
    levels: tasks.flatMap((task): ReferenceLevel[] => {
      const { chance, majority } = members.find((s) => s.task === task) as ModelScore;
      const category = taskLabel(task);
      return [
        ...(chance === null ? [] : [{ category, value: chance, kind: "chance" as const }]),
        ...(majority === null ? [] : [{ category, value: majority, kind: "majority" as const }]),
      ];
    }),
  };
}

function bestByTask(scores: readonly ModelScore[]): string {
  const tasks = [...new Set(scores.map((s) => s.task))];
  return tasks
    .map((task) => {
      const members = scores.filter((s) => s.task === task && Number.isFinite(s.value));
      if (members.length === 0) return `${taskLabel(task)}: undefined.`;
      const best = members.reduce((a, b) => (b.value > a.value ? b : a));
      const worst = members.reduce((a, b) => (b.value < a.value ? b : a));
      return `${taskLabel(task)}: ${fixed(worst.value)} (${worst.model}) to ${fixed(best.value)} (${best.model}).`;
    })
    .join(" ");
}

/** Published models, if any, and the source. */
function sourceWords({ source, published = [] }: PaperFigureOptions): string {
  const names = [...new Set(published.map((p) => p.model))];
  const among = names.length === 0 ? "" : `Published models among them: ${names.join(", ")}. `;
  return `${among}Source: ${source}.`;
}
