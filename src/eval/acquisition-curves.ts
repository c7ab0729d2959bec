/**
 * @file When a model and when children acquire a word: two sigmoid fits per word, and Pearson's r between the two ages.
 *
 * `f(x) = a / (1 + exp(-b (x - c))) + d`. Children: share that says the word, by month; acquired where the curve crosses
 * one half. Model: minus surprisal, by log10 of words seen in training; acquired halfway between a random guess and the
 * best surprisal. [pipeline] every context of every checkpoint is a point of its own, and the fits and their bounds follow
 * SciPy's `curve_fit`, failures included.
 */

import { pearson } from "../stats/correlation";
import { levenbergMarquardt } from "../stats/levenberg-marquardt";
import { twoSidedP } from "../stats/student-t";
import { trustRegionReflective } from "../stats/trust-region-reflective";
import { meanOf } from "../stats/z-score";
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

/** Ages by word, and how well the model's follow the children's. */
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

/**
 * The ages of every word, and their correlation.
 *
 * @param random - as `randomSurprisal` gives it
 */
export function acquisitionScore(
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
