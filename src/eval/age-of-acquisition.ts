/**
 * @file When a model and when children acquire a word: two sigmoid fits a word, and Pearson's r between the two ages.
 *
 * `f(x) = a / (1 + exp(-b (x - c))) + d`. Children: share that says the word, by month; acquired where the curve crosses
 * one half. Model: minus surprisal, by log10 of words seen in training; acquired halfway between a random guess and the
 * best surprisal. [pipeline] every context of every checkpoint is a point of its own, and the fits and their bounds follow
 * SciPy's `curve_fit`, failures included.
 */

import type { LanguageModel } from "../model/language-model";
import { pearson } from "../stats/correlation";
import { levenbergMarquardt } from "../stats/levenberg-marquardt";
import { twoSidedP } from "../stats/student-t";
import { trustRegionReflective } from "../stats/trust-region-reflective";
import { meanOf } from "../stats/z-score";
import { type AoaWord, CHILD_MONTHS, type ChildCurve } from "../tasks/aoa";
import { codePoints, encodeText, phraseLogProb, requestFrom, type TextTokenizer } from "./phrase";
import type { ScoringMode } from "./scoring-mode";

/** One surprisal, as stored in the pipeline's `surprisal.json`. */
export interface AoaResult {
  /** Name of the checkpoint, for example `chck_10M`. */
  step: string;
  word_count: number;
  target_word: string;
  context_id: number;
  context: string;
  /** Nats; NaN where it could not be computed. */
  surprisal: number;
}

/**
 * Surprisal of each word after each of its contexts.
 *
 * `strip(context) + " " + strip(word)`; the tokens that end within the word count.
 */
export async function aoaSurprisals(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  words: readonly AoaWord[],
  mode: Pick<ScoringMode, "bos">,
  onProgress?: (done: number, total: number) => void,
): Promise<number[]> {
  const requests = words.flatMap(({ word, contexts }) =>
    contexts.map((context) => {
      const target = word.trim();
      const text = `${context.trim()} ${target}`;
      const { ids, offsets } = encodeText(tokenizer, text, mode.bos);
      try {
        return requestFrom(ids, offsets, codePoints(text) - codePoints(target), text);
      } catch {
        return null; // nothing to score: NaN, counted by the caller
      }
    }),
  );
  const open = requests.filter((r) => r !== null);
  const answers = await model.score(open, onProgress);
  let next = 0;
  return requests.map((request) => (request === null ? Number.NaN : -phraseLogProb(answers[next++], request)));
}

/** `chck_10M` to 10,000,000: the first number in a name, with K, M or B. @throws Error if there is none */
export function stepWords(step: string): number {
  const match = /(\d+(?:\.\d+)?)\s*([KMB])?/i.exec(step);
  if (match === null)
    throw new Error(`checkpoint "${step}": no number of words in the name, want for example chck_10M`);
  const unit = { K: 1e3, M: 1e6, B: 1e9, "": 1 }[(match[2] ?? "").toUpperCase() as "K" | "M" | "B" | ""];
  return Math.round(Number(match[1]) * unit); // 1.047 * 1e6 is 1046999.9999999999
}

/** The 19 checkpoints of the strict-small track, and the 28 of the others. */
export function aoaCheckpoints(track: string): string[] {
  const millions = [...range(1, 9), ...range(1, 10).map((v) => 10 * v)];
  if (track !== "strict-small") millions.push(...range(2, 10).map((v) => 100 * v));
  return millions.map((m) => `chck_${m}M`);
}

/**
 * Months at which half the children say the word, or null.
 *
 * @param proportions - `[15]` for months 16 to 30, NaN where not measured
 */
export function childAge(proportions: readonly number[]): number | null {
  const points = CHILD_MONTHS.map((age, i) => ({ age, p: proportions[i] })).filter(({ p }) => !Number.isNaN(p));
  if (points.length < 3) return null;
  const ages = points.map(({ age }) => age);
  const [first, last] = [ages[0], ages[ages.length - 1]];
  const fit = trustRegionReflective(
    sigmoidResiduals(
      ages,
      points.map(({ p }) => p),
    ),
    [1, 0.1, meanOf(ages), 0],
    [0, 0, first, -0.5],
    [2, 1, last, 0.5],
  );
  if (!fit.converged) return null;
  const age = crossing(fit.x, 0.5);
  return age !== null && age >= first && age <= last ? age : null;
}

/**
 * log10 of the words seen when the model's surprisal crosses the threshold, or null.
 *
 * @param randomSurprisal - what a random guess costs, in the units of the surprisals
 */
export function modelAge(results: readonly AoaResult[], randomSurprisal: number): number | null {
  const points = results
    .filter((r) => !Number.isNaN(r.surprisal))
    .map((r) => ({ words: stepWords(r.step), surprisal: r.surprisal }));
  if (points.length < 4) return null; // four parameters; SciPy refuses to fit fewer points
  const x = points.map(({ words }) => Math.log10(words + 1));
  const y = points.map(({ surprisal }) => -surprisal);
  const best = Math.min(...points.map(({ surprisal }) => surprisal));
  const threshold = randomSurprisal - 0.5 * (randomSurprisal - best);
  const [low, high] = [Math.min(...y), Math.max(...y)];
  const fit = levenbergMarquardt(sigmoidResiduals(x, y), [high - low, 1, meanOf(x), low]);
  if (!fit.converged) return null;
  const at = crossing(fit.x, -threshold);
  if (at === null) return null;
  const words = 10 ** at - 1;
  // [pipeline] first and last as listed, not the smallest and the largest
  return words >= points[0].words && words <= points[points.length - 1].words ? at : null;
}

/** Where `a / (1 + exp(-b (x - c))) + d` reaches `level`; null if it is no rising curve or never does. */
function crossing([a, b, c, d]: readonly number[], level: number): number | null {
  if (!(a > 0) || !(b > 0) || !(d < level && level < a + d)) return null;
  return c - Math.log(a / (level - d) - 1) / b;
}

function sigmoidResiduals(x: readonly number[], y: readonly number[]) {
  return ([a, b, c, d]: readonly number[]) => x.map((v, i) => a / (1 + Math.exp(-b * (v - c))) + d - y[i]);
}

export interface AoaScore {
  /** Pearson's r between model and child ages over the words that have both; 0 with fewer than three [pipeline]. */
  curveFitness: number;
  pValue: number;
  /** In order of first appearance in the results. */
  words: { word: string; modelLog10: number | null; childMonths: number | null }[];
  validWords: string[];
  modelAges: number[];
  childAges: number[];
  /** Mean share of children over all words, by month; and its mean over the months. */
  monthlyScores: number[];
  meanMonthlyScore: number;
}

/** [pipeline] log2 of an invented vocabulary of 300,000, compared with surprisals in nats. */
export const OFFICIAL_RANDOM_SURPRISAL = Math.log2(300_000);

/** What a random guess costs: the pipeline's constant, or ln V in nats. */
export function randomSurprisal(threshold: ScoringMode["aoaThreshold"], vocabSize: number): number {
  return threshold === "official" ? OFFICIAL_RANDOM_SURPRISAL : Math.log(vocabSize);
}

/** @param random - as `randomSurprisal` gives it */
export function ageOfAcquisition(
  results: readonly AoaResult[],
  children: readonly ChildCurve[],
  random: number = OFFICIAL_RANDOM_SURPRISAL,
): AoaScore {
  const byWord = new Map<string, AoaResult[]>();
  for (const result of results) {
    const list = byWord.get(result.target_word);
    if (list === undefined) byWord.set(result.target_word, [result]);
    else list.push(result);
  }
  const words = [...byWord].map(([word, list]) => {
    const child = children.find((c) => c.word === word); // [pipeline] the first row of a word
    return { word, modelLog10: modelAge(list, random), childMonths: child ? childAge(child.proportions) : null };
  });
  const valid = words.filter((w) => w.modelLog10 !== null && w.childMonths !== null);
  const modelAges = valid.map((w) => w.modelLog10 as number);
  const childAges = valid.map((w) => w.childMonths as number);
  const n = valid.length;
  const r = n < 3 ? 0 : pearson(modelAges, childAges);
  const monthlyScores = CHILD_MONTHS.map((_, m) => {
    const known = children.map((c) => c.proportions[m]).filter((p) => !Number.isNaN(p));
    return known.length === 0 ? Number.NaN : meanOf(known);
  });
  return {
    curveFitness: r,
    pValue: n < 3 ? 1 : twoSidedP(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2),
    words,
    validWords: valid.map((w) => w.word),
    modelAges,
    childAges,
    monthlyScores,
    meanMonthlyScore: meanOf(monthlyScores),
  };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
