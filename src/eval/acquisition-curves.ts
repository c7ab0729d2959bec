/**
 * @file Age of acquisition of a word for a model and for children: two sigmoid fits per word, and Pearson's r between
 * the two ages.
 *
 * `f(x) = a / (1 + exp(-b (x - c))) + d`. Children: share of children who say the word, by month; the word is acquired
 * when the curve crosses one half. Model: minus surprisal, by log10 of words seen in training; acquired when the curve
 * crosses the midpoint between a random guess and the best surprisal. [pipeline] the fits and their bounds follow
 * SciPy's `curve_fit`, failures included; in 2025 every context of every checkpoint is a separate point.
 */

import { pearson } from "../stats/correlation";
import { type LeastSquaresFit, levenbergMarquardt } from "../stats/levenberg-marquardt";
import { meanOf } from "../stats/mean";
import { twoSidedP } from "../stats/student-t";
import { TRF_DEFAULTS, trustRegionReflective } from "../stats/trust-region-reflective";
import { CHILD_MONTHS, type ChildCurve } from "../tasks/aoa";
import { stepWords } from "./checkpoints";
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

/** How a model's curve is made from its surprisals; see `ScoringMode`. */
export type CurveRules = Pick<ScoringMode, "aoaPoints" | "aoaFit" | "aoaSignificance">;

/** [pipeline, 2025] every context a point, a free fit, every correlation counts. */
const CURVES_2025: CurveRules = { aoaPoints: "contexts", aoaFit: "free", aoaSignificance: false };

/**
 * log10 of the words seen when the model's surprisal crosses the threshold, or null.
 *
 * @param randomSurprisal - surprisal of a random guess, in the units of the surprisals
 */
export function modelAge(
  results: readonly AoaResult[],
  randomSurprisal: number,
  rules: CurveRules = CURVES_2025,
): number | null {
  const points = rules.aoaPoints === "means" ? stepMeans(results) : contextPoints(results);
  // [pipeline] at least three points; SciPy refuses a free fit of four parameters to three
  if (points.length < (rules.aoaFit === "free" ? 4 : 3)) return null;
  const x = points.map(({ words }) => Math.log10(words + 1));
  const y = points.map(({ surprisal }) => -surprisal);
  const best = Math.min(...points.map(({ surprisal }) => surprisal));
  const threshold = randomSurprisal - 0.5 * (randomSurprisal - best);
  const fit = rules.aoaFit === "free" ? freeFit(x, y) : boundedFit(x, y);
  if (!fit.converged) return null;
  const flat = rules.aoaFit === "free" ? 0 : 1e-6; // [pipeline] a curve that rises less counts as flat
  const at = crossing(fit.x, -threshold, flat);
  if (at === null) return null;
  const words = 10 ** at - 1;
  // [pipeline] the first and the last as listed, not the smallest and the largest
  return words >= points[0].words && words <= points[points.length - 1].words ? at : null;
}

/** A point of a model's curve. */
interface CurvePoint {
  words: number;
  surprisal: number;
}

/** Every context of every checkpoint, as listed. */
function contextPoints(results: readonly AoaResult[]): CurvePoint[] {
  return results
    .filter((r) => !Number.isNaN(r.surprisal))
    .map((r) => ({ words: stepWords(r.step), surprisal: r.surprisal }));
}

/** [pipeline, 2026] the mean over a checkpoint's contexts, in the order of words seen; none where a context has no score. */
function stepMeans(results: readonly AoaResult[]): CurvePoint[] {
  const byWords = new Map<number, number[]>();
  for (const { step, surprisal } of results) {
    const words = stepWords(step);
    const list = byWords.get(words);
    if (list === undefined) byWords.set(words, [surprisal]);
    else list.push(surprisal);
  }
  return [...byWords]
    .sort(([a], [b]) => a - b)
    .map(([words, surprisals]) => ({ words, surprisal: meanOf(surprisals) }))
    .filter(({ surprisal }) => !Number.isNaN(surprisal));
}

function freeFit(x: readonly number[], y: readonly number[]): LeastSquaresFit {
  const [low, high] = [Math.min(...y), Math.max(...y)];
  return levenbergMarquardt(sigmoidResiduals(x, y), [high - low, 1, meanOf(x), low]);
}

/** [pipeline, 2026] the same start, with bounds taken from the data. */
function boundedFit(x: readonly number[], y: readonly number[]): LeastSquaresFit {
  const [low, high] = [Math.min(...y), Math.max(...y)];
  const range = high - low;
  return trustRegionReflective(
    sigmoidResiduals(x, y),
    [range, 1, meanOf(x), low],
    [0, 0, Math.min(...x) - 1, low - 2 * range - 1],
    [10 * range + 1, 100, Math.max(...x) + 1, high + 1],
    { ...TRF_DEFAULTS, maxEvaluations: 20_000 },
  );
}

/** x where `a / (1 + exp(-b (x - c))) + d` reaches `level`; null if the curve does not rise or never reaches it. */
function crossing([a, b, c, d]: readonly number[], level: number, flat = 0): number | null {
  if (!(a > flat) || !(b > flat) || !(d < level && level < a + d)) return null;
  return c - Math.log(a / (level - d) - 1) / b;
}

function sigmoidResiduals(x: readonly number[], y: readonly number[]) {
  return ([a, b, c, d]: readonly number[]) => x.map((v, i) => a / (1 + Math.exp(-b * (v - c))) + d - y[i]);
}

/** Ages per word, and the correlation between the model's and the children's. */
export interface AoaScore {
  /** Pearson's r between both ages over the words that have both; [pipeline] 0 with fewer than three, or as the rules say. */
  curveFitness: number;
  pValue: number;
  /** In order of first appearance in the results. */
  words: { word: string; modelLog10: number | null; childMonths: number | null }[];
  validWords: string[];
  modelAges: number[];
  childAges: number[];
  /** Mean share of children over all words, by month; then its mean over the months. */
  monthlyScores: number[];
  meanMonthlyScore: number;
}

/** [pipeline] log2 of an invented vocabulary of 300,000, compared with surprisals in nats. */
export const OFFICIAL_RANDOM_SURPRISAL = Math.log2(300_000);

/**
 * Surprisal of a random guess: the pipeline's constant, ln V in nats, or ln V for each token of the word.
 *
 * @param vocabSize - tokens of the tokenizer, not rows of the model, which may be padded; without added tokens for
 *   `nats-per-token`
 * @param tokens - of the word
 */
export function randomSurprisal(threshold: ScoringMode["aoaThreshold"], vocabSize: number, tokens = 1): number {
  if (threshold === "official") return OFFICIAL_RANDOM_SURPRISAL;
  return threshold === "nats" ? Math.log(vocabSize) : tokens * Math.log(vocabSize);
}

/**
 * The ages of every word, and their correlation.
 *
 * @param random - surprisal of a random guess of a word, from `randomSurprisal`
 */
export function acquisitionScore(
  results: readonly AoaResult[],
  children: readonly ChildCurve[],
  random: (word: string) => number = () => OFFICIAL_RANDOM_SURPRISAL,
  rules: CurveRules = CURVES_2025,
): AoaScore {
  const byWord = new Map<string, AoaResult[]>();
  for (const result of results) {
    const list = byWord.get(result.target_word);
    if (list === undefined) byWord.set(result.target_word, [result]);
    else list.push(result);
  }
  const words = [...byWord].map(([word, list]) => {
    const child = children.find((c) => c.word === word); // [pipeline] the first row of a word
    return {
      word,
      modelLog10: modelAge(list, random(word), rules),
      childMonths: child ? childAge(child.proportions) : null,
    };
  });
  const valid = words.filter((w) => w.modelLog10 !== null && w.childMonths !== null);
  const modelAges = valid.map((w) => w.modelLog10 as number);
  const childAges = valid.map((w) => w.childMonths as number);
  const n = valid.length;
  const r = n < 3 ? 0 : pearson(modelAges, childAges);
  const pValue = n < 3 ? 1 : twoSidedP(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2);
  const monthlyScores = CHILD_MONTHS.map((_, m) => {
    const known = children.map((c) => c.proportions[m]).filter((p) => !Number.isNaN(p));
    return known.length === 0 ? Number.NaN : meanOf(known);
  });
  return {
    curveFitness: rules.aoaSignificance && pValue > 0.1 ? 0 : r,
    pValue,
    words,
    validWords: valid.map((w) => w.word),
    modelAges,
    childAges,
    monthlyScores,
    meanMonthlyScore: meanOf(monthlyScores),
  };
}
