/**
 * @file Computes the verdicts of the ablation of two possible causes of the paper's numbers (the tokenizer,
 * and classification from the first token).
 *
 * The paper's 100M models score 10.5 % (eye tracking) and its 140M models 0.5 %, and its 100M models classify at the
 * majority class. Four models that differ only in tokenizer and shape show whether the tokenizer or the size is the
 * cause.
 */

import {
  ABLATION_MODELS,
  type AblationFineTuning,
  type AblationResults,
  type ReadingEffect,
} from "../results/ablation";

export interface AblationVerdict {
  question: string;
  answer: string;
  /** The verdict with its numbers. */
  sentence: string;
}

/** An effect counts if its interval excludes 0 and it is at least this many percent of variance [ours]. */
const LEAST_EFFECT = 0.5;

/** Both verdicts; a question with unfinished jobs gets the verdict `open`. */
export function judgeAblation(results: AblationResults): AblationVerdict[] {
  return [
    readingVerdict(results, "official"),
    readingVerdict(results, "reading-blank"),
    poolingVerdict(results, "first"),
    poolingVerdict(results, "last_real"),
  ];
}

/**
 * Whether the gap in reading scores follows the tokenizer or the size. `tokenizer`: the tokenizer makes a difference at
 * both shapes, the size at neither tokenizer; `size`: the reverse; `both`, `neither`, or `mixed` for anything else.
 */
export function readingVerdict(
  { readingEffects }: AblationResults,
  mode: "official" | "reading-blank",
): AblationVerdict {
  const scorer = mode === "official" ? "the official scorer" : "a blank between context and word";
  const question = `With ${scorer}, do the reading scores follow the tokenizer or the size?`;
  const own = readingEffects.filter((e) => e.mode === mode && e.task === "reading_eye_tracking");
  if (own.length < 4) return { question, answer: "open", sentence: `${own.length} of 4 comparisons are done.` };
  const counted = (of: ReadingEffect["of"]) => own.filter((e) => e.of === of && isEffect(e)).length;
  const [tokenizers, sizes] = [counted("tokenizer"), counted("size")];
  const moreAtNarrow = own.filter((e) => e.of === "size" && isEffect(e) && e.difference > 0).length;
  const answers: Record<string, string> = { "2 0": "tokenizer", "0 2": "size", "2 2": "both", "0 0": "neither" };
  const effects = own.map((e) => `${comparison(e)} ${signed(e.difference)} ${interval(e.interval)}`);
  return {
    question,
    answer: answers[`${tokenizers} ${sizes}`] ?? "mixed",
    sentence:
      `Eye tracking, percent of variance: ${effects.join("; ")}. An effect is at least ${LEAST_EFFECT} with an interval ` +
      `that excludes 0: the tokenizer has one at ${tokenizers} of 2 shapes, the size with ${sizes} of 2 tokenizers. The smaller ` +
      `shape explains more, as in the paper, with ${moreAtNarrow} of 2.`,
  };
}

/** Finds models that give one class for every row, and whether it is the majority class. */
export function poolingVerdict(
  { fineTuning }: AblationResults,
  pooling: AblationFineTuning["pooling"],
): AblationVerdict {
  const position = pooling === "first" ? "first" : "last";
  const question = `Classified from the ${position} token, which models answer with one class for every row?`;
  const own = fineTuning.filter((row) => row.pooling === pooling);
  const sentences = (["sentencepiece", "byte-level"] as const).map((tokenizer) => {
    const ids = ABLATION_MODELS.filter((model) => model.tokenizer === tokenizer).map(({ id }) => id);
    const rows = own.filter(({ model }) => ids.includes(model));
    const constant = rows.filter(isConstant);
    const majority = constant.filter((row) => hasMajorityAccuracy(row));
    const same = rows.filter(({ firstTokens }) => firstTokens === 1);
    const above = rows.filter((row) => (row.interval?.[0] ?? 0) > Math.max(...row.labelShares));
    return (
      `${tokenizer}: ${constant.length} of ${rows.length} (${named(constant, rows)}), of them ${majority.length} at the ` +
      `majority share; every row begins with the same token in ${same.length} (${named(same, rows)}); accuracy clearly ` +
      `above the majority share in ${above.length} (${named(above, rows)})`
    );
  });
  const wanted = ABLATION_MODELS.length * 5;
  const pieces = own.filter(({ model }) => model.endsWith("sentencepiece"));
  const fallen = pieces.filter(isConstant).length;
  const answer =
    own.length < wanted ? "open" : fallen === pieces.length ? "all sentencepiece" : fallen === 0 ? "none" : "some";
  return { question, answer, sentence: `${sentences.join(". ")}.` };
}

/** One row per comparison of two models, for a table. */
export function readingEffectRows({ readingEffects }: AblationResults) {
  return readingEffects.map((e) => ({
    scorer: e.mode,
    task: e.task,
    compares: comparison(e),
    first: e.values[0],
    second: e.values[1],
    difference: e.difference,
    low: e.interval?.[0] ?? Number.NaN,
    high: e.interval?.[1] ?? Number.NaN,
  }));
}

/** One row per model, task and pooling, for a table. */
export function poolingRows({ fineTuning }: AblationResults) {
  return fineTuning.map((row) => ({
    model: row.model,
    task: row.task,
    pooling: row.pooling === "first" ? "first token" : "last token",
    "accuracy, %": 100 * row.accuracy,
    "majority, %": 100 * Math.max(...row.labelShares),
    "most frequent answer, % of rows": 100 * Math.max(...row.predictedShares),
    "different first tokens": row.firstTokens,
  }));
}

const isEffect = ({ difference, interval: ends }: ReadingEffect) =>
  ends !== null && ends[0] * ends[1] > 0 && Math.abs(difference) >= LEAST_EFFECT;

const isConstant = ({ predictedShares }: AblationFineTuning) => Math.max(...predictedShares) === 1;

const hasMajorityAccuracy = ({ accuracy, labelShares }: AblationFineTuning) =>
  Math.abs(accuracy - Math.max(...labelShares)) < 1e-9;

const comparison = ({ of, at }: ReadingEffect) =>
  of === "tokenizer" ? `sentencepiece minus byte-level (${at})` : `narrow minus wide (${at})`;

/** The tasks of the chosen classifiers; with the shape where only one of the two is among them. */
function named(chosen: readonly AblationFineTuning[], all: readonly AblationFineTuning[]): string {
  if (chosen.length === 0) return "none";
  if (chosen.length === all.length) return "all";
  const shape = ({ model }: AblationFineTuning) => ABLATION_MODELS.find(({ id }) => id === model)?.shape ?? model;
  const tasks = [...new Set(chosen.map(({ task }) => task))];
  return tasks
    .map((task) => chosen.filter((row) => row.task === task))
    .map((rows) => (rows.length === 1 ? `${shape(rows[0])} ${rows[0].task}` : rows[0].task))
    .join(", ");
}

const signed = (value: number) => `${value < 0 ? "" : "+"}${value.toFixed(2)}`;

const interval = (ends: [number, number] | null) =>
  ends === null ? "" : `[${ends[0].toFixed(2)}, ${ends[1].toFixed(2)}]`;
