/**
 * @file Two figures of the ablation experiment (two possible causes of the paper's numbers): reading scores under two
 * scorers, and fine-tuning under two poolings.
 *
 * Blue is the byte-level tokenizer, rust the SentencePiece-like one; the wide shape is solid, the narrow one hatched.
 */

import {
  ABLATION_MODELS,
  ABLATION_TASKS,
  type AblationFineTuning,
  type AblationModel,
  type AblationResults,
} from "../results/ablation";
import type { TaskScore } from "../results/schema";
import { type BarSeries, barChart } from "./bar-chart";
import type { Figure } from "./figure";
import { SEQUENCE, type Style } from "./palette";

const SCORERS = [
  ["official", "official scorer"],
  ["reading-blank", "blank corrected"],
] as const;
const READING = [
  ["reading_eye_tracking", "eye tracking"],
  ["reading_self_paced", "self-paced reading"],
] as const;
const POOLINGS = [
  ["first", "first token (official)"],
  ["last_real", "last token"],
] as const;

/** Percent of variance explained, one panel per task. @throws Error if no model has been scored */
export function ablationReadingFigure(results: AblationResults): Figure {
  const scored = results.scores.filter(({ task }) => task.startsWith("reading"));
  if (scored.length === 0) throw new Error('no reading scores yet; run "npm run class-it -- ablation"');
  const find = (model: AblationModel, task: string, mode: string) =>
    scored.find((s) => s.model === model.id && s.task === task && s.mode === mode);
  const panels = READING.map(([task, label]) => ({
    valueTitle: `${label}, % of variance explained`,
    categories: SCORERS.map(([, name]) => name),
    series: ABLATION_MODELS.map((model): BarSeries => {
      const bars = SCORERS.flatMap(([mode, category]) => bar(category, find(model, task, mode)));
      return { name: nameOf(model), style: styleOf(model), bars };
    }),
  }));
  return barChart(panels, {
    title: "Reading scores by tokenizer and size",
    subtitle: "same text, same training; the official scorer leaves out the blank before a word",
    alt: `Eye tracking, percent of variance explained: ${scored
      .filter(({ task }) => task === "reading_eye_tracking")
      .map(({ model, mode, value }) => `${model}, ${mode}, ${value.toFixed(1)}`)
      .join("; ")}.`,
    caption: `Whiskers: 95 % bootstrap intervals over words. Scale ${results.scale}, seed ${results.seed}, real text.`,
  });
}

/** Accuracy on five tasks, one panel per pooling. @throws Error if no model has been fine-tuned */
export function ablationPoolingFigure(results: AblationResults): Figure {
  const { fineTuning } = results;
  if (fineTuning.length === 0) throw new Error('nothing fine-tuned yet; run "npm run class-it -- ablation"');
  const of = (model: AblationModel, task: string, pooling: string) =>
    fineTuning.find((row) => row.model === model.id && row.task === task && row.pooling === pooling);
  const tasks = ABLATION_TASKS.filter((task) => fineTuning.some((row) => row.task === task));
  const panels = POOLINGS.map(([pooling, label]) => ({
    valueTitle: `accuracy, classified from the ${label}`,
    categories: tasks.map((task) => TASK_NAMES[task]),
    series: ABLATION_MODELS.map((model): BarSeries => {
      const bars = tasks.flatMap((task) => {
        const row = of(model, task, pooling);
        return bar(TASK_NAMES[task], row && { value: row.accuracy, interval: row.interval });
      });
      return { name: nameOf(model), style: styleOf(model), bars };
    }),
    levels: tasks.map((task) => {
      const row = fineTuning.find((one) => one.task === task) as AblationFineTuning;
      return { category: TASK_NAMES[task], value: Math.max(...row.labelShares), kind: "majority" as const };
    }),
    range: [0, 1] as [number, number],
    tickformat: ".0%",
  }));
  const oneClass = fineTuning.filter(({ predictedShares }) => Math.max(...predictedShares) === 1);
  return barChart(panels, {
    title: "Fine-tuning by tokenizer, size and pooling",
    alt:
      `Accuracy of four models on ${tasks.map((task) => TASK_NAMES[task]).join(", ")}. ` +
      `Of ${fineTuning.length} classifiers, ${oneClass.length} give one class for every row.`,
    caption:
      `Dotted: the majority class of the validation rows. Whiskers: 95 % bootstrap intervals over rows. At most 1,000 ` +
      `training rows per task. Scale ${results.scale}, seed ${results.seed}, real text.`,
  });
}

const TASK_NAMES = { rte: "RTE", wsc: "WSC", boolq: "BoolQ", multirc: "MultiRC", mnli: "MNLI" } as const;

const nameOf = ({ shape, tokenizer }: AblationModel) => `${shape}, ${tokenizer}`;

const styleOf = ({ shape, tokenizer }: AblationModel): Style => ({
  colour: SEQUENCE[tokenizer === "byte-level" ? 0 : 1],
  pattern: shape === "wide" ? "" : "/",
  symbol: shape === "wide" ? "circle" : "circle-open",
});

function bar(category: string, score: Pick<TaskScore, "value" | "interval"> | undefined) {
  if (score === undefined) return [];
  const [low, high] = score.interval ?? [];
  return [{ category, value: score.value, ...(low !== undefined && { low, high }) }];
}
