/**
 * @file Measures how much a word's surprisal improves a regression of reading times: the share of the remaining
 * variance that it explains.
 *
 * Two sets of ordinary regressions per response. Set A: log frequency, length, context length and their products. Set B
 * (spillover): those plus length and surprisal of the previous word, and all products. Each is fitted without and with
 * `pred`, the surprisal of the word itself. Predictors are not centred. Eye tracking averages set A over four fixation
 * measures; self-paced reading is set B. [pipeline] the baseline of set B already includes the model's surprisal of the
 * previous word.
 */

import { BOOTSTRAP, bootstrapInterval } from "../stats/bootstrap";
import { pearson } from "../stats/correlation";
import { type LinearFit, linearRegression } from "../stats/linear-regression";
import { meanOf } from "../stats/mean";
import { RESPONSES, type ReadingRow, type Response } from "../tasks/reading";
import type { Rng } from "../util/rng";

/** A row with the model's surprisals, nats; `prevPred` is NaN if there is no previous word. */
export interface PredictedRow extends ReadingRow {
  pred: number;
  prevPred: number;
}

/** Two regressions of one response: without and with the word's surprisal. */
export interface ResponseGain {
  response: Response;
  baseline: LinearFit;
  model: LinearFit;
  /** `100 (R²_model - R²_baseline) / (1 - R²_baseline)`, percent. */
  gainPercent: number;
}

/** All regressions, and the two scores. */
export interface ReadingGain {
  withoutSpillover: ResponseGain[];
  withSpillover: ResponseGain[];
  /** Pearson's r of each response with `pred`. */
  correlations: { response: Response; r: number }[];
  /** Mean gain over the four eye-tracking measures, set A; percent. */
  eyeTrackingPercent: number;
  /** Gain for self-paced reading, set B; percent. */
  selfPacedPercent: number;
}

const EYE_TRACKING = RESPONSES.filter((name) => name.includes("RT"));
const SELF_PACED: Response = "self_paced_reading_time";

/** @throws RangeError if too few complete rows are left for a regression */
export function readingGain(rows: readonly PredictedRow[]): ReadingGain {
  const sets = { a: design(rows, false), b: design(rows, true) };
  const withoutSpillover = RESPONSES.map((response) => gain(rows, sets.a, response));
  const withSpillover = RESPONSES.map((response) => gain(rows, sets.b, response));
  return {
    withoutSpillover,
    withSpillover,
    correlations: RESPONSES.map((response) => ({ response, r: correlation(rows, response) })),
    eyeTrackingPercent: meanOf(
      withoutSpillover.filter((g) => EYE_TRACKING.includes(g.response)).map((g) => g.gainPercent),
    ),
    selfPacedPercent: withSpillover.find((g) => g.response === SELF_PACED)?.gainPercent ?? Number.NaN,
  };
}

/** Columns of a baseline, with `pred` last, and the rows without missing values in them. */
interface Design {
  columns: Float64Array[];
  complete: number[];
}

function design(rows: readonly PredictedRow[], spillover: boolean): Design {
  const main: ((row: PredictedRow) => number)[] = [(r) => r.subtlexLog10, (r) => r.length, (r) => r.contextLength];
  if (spillover)
    main.push(
      (r) => r.previousLength,
      (r) => r.prevPred,
    );
  const columns = main.map((get) => Float64Array.from(rows, get));
  const products = columns.flatMap((a, i) => columns.slice(i + 1).map((b) => a.map((v, r) => v * b[r])));
  const pred = Float64Array.from(rows, (r) => r.pred);
  const all = [...columns, ...products, pred];
  const complete = rows.map((_, r) => r).filter((r) => all.every((column) => !Number.isNaN(column[r])));
  return { columns: all, complete };
}

function gain(rows: readonly PredictedRow[], { columns, complete }: Design, response: Response): ResponseGain {
  const used = complete.filter((r) => !Number.isNaN(rows[r].responses[response]));
  const y = Float64Array.from(used, (r) => rows[r].responses[response]);
  const x = columns.map((column) => Float64Array.from(used, (r) => column[r]));
  const baseline = linearRegression(x.slice(0, -1), y);
  const model = linearRegression(x, y);
  return { response, baseline, model, gainPercent: (100 * (model.r2 - baseline.r2)) / (1 - baseline.r2) };
}

function correlation(rows: readonly PredictedRow[], response: Response): number {
  const used = rows.filter((r) => !Number.isNaN(r.responses[response]) && !Number.isNaN(r.pred));
  return pearson(
    used.map((r) => r.responses[response]),
    used.map((r) => r.pred),
  );
}

/** 95 % intervals of the two scores; null if there are too few words. */
export interface ReadingIntervals {
  eyeTrackingPercent: [number, number] | null;
  selfPacedPercent: [number, number] | null;
}

/**
 * Bootstrap intervals of the two scores, over words.
 *
 * The gain equals the squared partial correlation of response and `pred` given the baseline, which a weighted Gram
 * matrix gives without two fits, so a thousand resamples are fast. Columns are standardised first.
 */
export function readingIntervals(rows: readonly PredictedRow[], rng: Rng): ReadingIntervals {
  const eye = partialStatistic(rows, design(rows, false), EYE_TRACKING);
  const selfPaced = partialStatistic(rows, design(rows, true), [SELF_PACED]);
  return {
    eyeTrackingPercent: bootstrapInterval(eye.n, eye.statistic, rng.fork("eye-tracking"), BOOTSTRAP),
    selfPacedPercent: bootstrapInterval(selfPaced.n, selfPaced.statistic, rng.fork("self-paced"), BOOTSTRAP),
  };
}

/**
 * Bootstrap intervals of the scores of `second` minus those of `first`: the same words with two models' surprisals,
 * resampled together.
 *
 * @throws Error if the two have different words
 */
export function readingDifferenceIntervals(
  first: readonly PredictedRow[],
  second: readonly PredictedRow[],
  rng: Rng,
): ReadingIntervals {
  if (first.length !== second.length || first.some((row, r) => row.word !== second[r].word)) {
    throw new Error("readingDifferenceIntervals: want both models' surprisals of the same words");
  }
  const interval = (spillover: boolean, responses: readonly Response[], name: string) => {
    const [a, b] = [first, second].map((rows) => partialStatistic(rows, design(rows, spillover), responses));
    if (a.n !== b.n) throw new Error(`readingDifferenceIntervals: ${a.n} and ${b.n} complete rows for ${name}`);
    return bootstrapInterval(a.n, (indices) => b.statistic(indices) - a.statistic(indices), rng.fork(name), BOOTSTRAP);
  };
  return {
    eyeTrackingPercent: interval(false, EYE_TRACKING, "eye-tracking"),
    selfPacedPercent: interval(true, [SELF_PACED], "self-paced"),
  };
}

/** Mean gain over `responses` of a resample. */
function partialStatistic(
  rows: readonly PredictedRow[],
  { columns, complete }: Design,
  responses: readonly Response[],
): { n: number; statistic: (indices: Uint32Array) => number } {
  const used = complete.filter((r) => responses.every((name) => !Number.isNaN(rows[r].responses[name])));
  const n = used.length;
  const predictors = columns.map((column) => standardised(Float64Array.from(used, (r) => column[r])));
  const outcomes = responses.map((name) => standardised(Float64Array.from(used, (r) => rows[r].responses[name])));
  const all = [new Float64Array(n).fill(1), ...predictors, ...outcomes];
  const k = predictors.length + 1;
  const size = all.length;
  const byRow = new Float64Array(n * size); // [n, size]: the inner loops access consecutive memory
  for (let i = 0; i < n; i++) for (let j = 0; j < size; j++) byRow[i * size + j] = all[j][i];
  const weights = new Float64Array(n);
  const gram = new Float64Array(size * size);
  const statistic = (indices: Uint32Array): number => {
    weights.fill(0);
    for (const i of indices) weights[i]++;
    gram.fill(0);
    for (let i = 0; i < n; i++) {
      if (weights[i] === 0) continue;
      for (let a = 0; a < size; a++) {
        const left = weights[i] * byRow[i * size + a];
        for (let b = a; b < size; b++) gram[a * size + b] += left * byRow[i * size + b];
      }
    }
    // eliminate the baseline (k - 1 columns with the intercept) from the following columns
    for (let p = 0; p < k - 1; p++) {
      const pivot = gram[p * size + p];
      if (!(pivot > 1e-9 * n)) continue; // a column that depends linearly on earlier ones
      for (let a = p + 1; a < size; a++) {
        const factor = gram[p * size + a] / pivot;
        for (let b = a; b < size; b++) gram[a * size + b] -= factor * gram[p * size + b];
      }
    }
    const pred = k - 1;
    const predRest = gram[pred * size + pred];
    if (!(predRest > 1e-9 * n)) return 0;
    let sum = 0;
    for (let y = k; y < size; y++) sum += gram[pred * size + y] ** 2 / (predRest * gram[y * size + y]);
    return (100 * sum) / responses.length;
  };
  return { n, statistic };
}

function standardised(column: Float64Array): Float64Array {
  const mean = meanOf(column);
  const spread = Math.sqrt(meanOf(column.map((v) => (v - mean) ** 2)));
  return column.map((v) => (spread === 0 ? 0 : (v - mean) / spread));
}
