/**
 * @file Measures which form of a wiki prompt fits the paper's figure 1: prompt lengths in the poster's bins, and their
 * distance from its counts.
 *
 * The poster shows the lengths of prompts as a histogram with log counts, 40 bins of about 145. The unit is words: with
 * a mean Switchboard turn of 33 words, 2 % of the turns are longer than 145 words, as on the poster; in characters a
 * third would be longer.
 */

import * as path from "node:path";
import { bootstrapInterval } from "../stats/bootstrap";
import { quantile } from "../stats/quantile";
import { readJson } from "../util/jsonl";
import { projectRoot } from "../util/project-root";
import { Rng } from "../util/rng";
import { countWords } from "../util/text-file";
import type { PairMeans } from "./count-puzzle";
import { PROMPT_FORMS, type PromptForm, wikiPrompt } from "./prompt-form";
import type { Article } from "./teacher";

/** Wiki prompts per bin of 145 words, read from the poster's pixels; the last entry counts all longer prompts. */
export const POSTER_WIKI_PROMPTS = {
  source: "the authors' poster (BabyLM workshop 2025), figure 1",
  binWords: 145,
  counts: [24_800, 3_200, 1_030, 370, 220, 106, 80, 45, 34, 13, 23, 50],
  /** Relative error of each count. */
  readingError: 0.06,
  longest: 5_800,
} as const;

/** An article and the questions about it, or null if it has none. */
export interface AskedArticle {
  article: Article;
  questions: readonly string[] | null;
}

/**
 * How well one form's prompt lengths match the poster's. Intervals are 95 %: articles are resampled and counts are
 * varied within their reading error.
 */
export interface FormFit {
  form: PromptForm;
  prompts: number;
  medianWords: number;
  longestWords: number;
  /** Prompts per bin, scaled to the poster's total. */
  scaledCounts: number[];
  logDistance: number;
  logDistanceInterval: [number, number] | null;
  totalVariation: number;
  totalVariationInterval: [number, number] | null;
}

export interface FormComparison {
  articles: number;
  /** Best first, by `logDistance`. */
  fits: FormFit[];
  /** Difference of each other form's log distance from the best form's, on the same resamples. */
  fartherThanBest: { form: PromptForm; logDistance: number; interval: [number, number] | null }[];
}

/** File that `augment compare-prompts` writes, in the repository. */
export const PROMPT_COMPARISON_FILE = "data/paper/prompt-forms.json";

/** The committed comparison on real Simple Wikipedia. */
export interface PromptComparison {
  poster: typeof POSTER_WIKI_PROMPTS;
  seed: number;
  texts: {
    /** Name of the text folder. */
    text: string;
    teacher: string;
    /** For `countPuzzle`; null if the folder has no Switchboard text. */
    means: PairMeans | null;
    /** On every article; the paper's teacher was also asked about short ones. */
    everyArticle: FormComparison;
    /** On the articles for which the template teacher, which needs three sentences, wrote pairs. */
    askedArticles: FormComparison;
  }[];
}

/** Read the committed comparison of prompt forms. @throws Error if the file is missing */
export function readPromptComparison(): PromptComparison {
  return readJson<PromptComparison>(path.join(projectRoot(), PROMPT_COMPARISON_FILE));
}

/**
 * Compare the three forms on the same articles. An article without questions counts as three prompts with a question of
 * median length.
 *
 * @throws RangeError if no article has a question
 */
export function comparePromptForms(asked: readonly AskedArticle[], seed: number): FormComparison {
  const questionWords = asked.flatMap(({ questions }) => (questions ?? []).map(countWords));
  if (questionWords.length === 0)
    throw new RangeError(`comparePromptForms: no question about any of ${asked.length} articles`);
  const typical = Array<string>(Math.round(quantile(questionWords, 0.5)))
    .fill("word")
    .join(" ");
  const histograms = PROMPT_FORMS.map((form) =>
    asked.map(({ article, questions }) =>
      (questions ?? [typical, typical, typical]).map((question) => countWords(wikiPrompt(article, question, form))),
    ),
  );
  const fits = histograms
    .map((lengths, i) => ({ lengths, fit: { form: PROMPT_FORMS[i], ...fitLengths(lengths, seed) } }))
    .sort((a, b) => a.fit.logDistance - b.fit.logDistance);
  const [best, ...others] = fits;
  const difference = (other: typeof best) => (indices: ArrayLike<number>, poster: readonly number[]) =>
    logDistance(binned(other.lengths, indices), poster) - logDistance(binned(best.lengths, indices), poster);
  return {
    articles: asked.length,
    fits: fits.map(({ fit }) => fit),
    fartherThanBest: others.map((other) => ({
      form: other.fit.form,
      logDistance: other.fit.logDistance - best.fit.logDistance,
      interval: intervalOf(asked.length, difference(other), seed),
    })),
  };
}

/** @param lengths - words of each prompt, article by article */
function fitLengths(lengths: readonly (readonly number[])[], seed: number): Omit<FormFit, "form"> {
  const all = lengths.flat();
  const counts = binned(
    lengths,
    lengths.map((_, i) => i),
  );
  const interval = (distance: (counts: readonly number[], poster: readonly number[]) => number) =>
    intervalOf(lengths.length, (indices, poster) => distance(binned(lengths, indices), poster), seed);
  return {
    prompts: all.length,
    medianWords: quantile(all, 0.5),
    longestWords: all.reduce((most, words) => Math.max(most, words), 0),
    scaledCounts: scaledTo(POSTER_WIKI_PROMPTS.counts, counts).map((n) => Math.round(n * 10) / 10),
    logDistance: logDistance(counts),
    logDistanceInterval: interval(logDistance),
    totalVariation: totalVariation(counts),
    totalVariationInterval: interval(totalVariation),
  };
}

/**
 * Root mean square over the bins of the difference in log10(count + 1), with ours scaled to the poster's total. A value
 * of 0.3 means that bins differ by a factor of two.
 */
export function logDistance(counts: readonly number[], poster: readonly number[] = POSTER_WIKI_PROMPTS.counts): number {
  const ours = scaledTo(poster, counts);
  const squares = poster.map((n, bin) => (Math.log10(ours[bin] + 1) - Math.log10(n + 1)) ** 2);
  return Math.sqrt(sum(squares) / squares.length);
}

/** Total variation distance: half the sum of the absolute differences in shares. */
export function totalVariation(
  counts: readonly number[],
  poster: readonly number[] = POSTER_WIKI_PROMPTS.counts,
): number {
  const ours = scaledTo(poster, counts);
  return sum(poster.map((n, bin) => Math.abs(n - ours[bin]))) / (2 * sum(poster));
}

/** Bootstrap interval over articles; each resample also varies every count of the poster within its reading error. */
function intervalOf(
  articles: number,
  statistic: (indices: ArrayLike<number>, poster: readonly number[]) => number,
  seed: number,
): [number, number] | null {
  const rng = Rng.fromSeed(seed).fork("prompt-lengths");
  const reading = rng.fork("poster");
  const { counts, readingError } = POSTER_WIKI_PROMPTS;
  return bootstrapInterval(
    articles,
    (indices) =>
      statistic(
        indices,
        counts.map((n) => n * (1 + readingError * (2 * reading.next() - 1))),
      ),
    rng.fork("articles"),
  );
}

/** Prompts per bin for the articles with these indices. */
function binned(lengths: readonly (readonly number[])[], indices: ArrayLike<number>): number[] {
  const counts = new Array<number>(POSTER_WIKI_PROMPTS.counts.length).fill(0);
  for (let i = 0; i < indices.length; i++) {
    for (const words of lengths[indices[i]]) {
      counts[Math.min(counts.length - 1, Math.floor(words / POSTER_WIKI_PROMPTS.binWords))]++;
    }
  }
  return counts;
}

function scaledTo(poster: readonly number[], counts: readonly number[]): number[] {
  const factor = sum(poster) / sum(counts);
  return counts.map((n) => n * factor);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
