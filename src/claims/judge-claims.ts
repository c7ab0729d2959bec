/**
 * @file The paper's statements, judged on a world's scores: the paper's own numbers, or our runs.
 *
 * A statement has parts. Each part is a number that is positive if the part holds. Its 95 % interval includes the
 * sampling error of the items and, for box plots, of the tasks. A part is supported if its interval lies above zero,
 * contradicted if it lies below, undecided if it includes zero, and untestable if the world lacks what it needs (a
 * task, a baseline) or the paper gives no limit. A statement is contradicted if one part is, supported if every
 * testable part is, untestable if none can be tested, and undecided otherwise. Each part also reports in how many
 * single seeds its number is positive.
 */

import * as path from "node:path";
import type { ScoreRow } from "../results/frame";
import { runLabel } from "../results/labels";
import type { WorldResults } from "../results/open-results";
import { REMEDY } from "../results/read";
import type { TaskFamily } from "../results/schema";
import type { Deviation } from "../stats/z-score";
import { readJson } from "../util/jsonl";
import { checkListed } from "../util/manifest";
import { projectRoot } from "../util/project-root";
import { rowsOfEverySeed } from "./between-seeds";
import { Evidence } from "./evidence";
import { CONTRADICTION, MODELS, type PartTest, STATEMENTS } from "./statements";

export interface Claims {
  paper: string;
  statements: { id: number; family: TaskFamily | "all"; figure: string; text: string }[];
  contradiction: string;
  artefacts: { id: string; text: string }[];
}

export type Verdict = "supported" | "contradicted" | "undecided" | "untestable";

export interface Part {
  claim: string;
  measure: string;
  unit: PartTest["unit"];
  /** Positive if the part holds; NaN if this world lacks the data. In `unit`. */
  value: number;
  /** 95 % interval. */
  interval: [number, number] | null;
  verdict: Verdict;
  /** Number of seeds with a positive value, of all seeds; a dash if there are none. */
  seeds: string;
  /**
   * The number for each single seed, in `unit`. If only some models have further seeds, it is computed from those, and
   * only for parts that have the same meaning for them; for other parts it is the first seed's number alone.
   */
  seedValues: readonly number[];
}

export interface Judged {
  id: number;
  text: string;
  figure: string;
  verdict: Verdict;
  parts: Part[];
}

/** Read the paper's statements from data/paper/claims.json. */
export function readClaims(root = projectRoot()): Claims {
  const file = path.join(root, "data", "paper", "claims.json");
  checkListed(file, REMEDY);
  return readJson<Claims>(file);
}

/** Judge the eleven statements. @param deviation - standard deviation of the z-scores; the paper's is `sample` */
export function judgeClaims(results: WorldResults, claims: Claims, deviation: Deviation = "sample"): Judged[] {
  const judge = judgeOf(results, deviation);
  return claims.statements.map(({ id, family, figure, text }) => {
    // statement 7 is about accuracy tasks only
    const parts = (STATEMENTS[id] ?? []).map((test) => judge(test, id === 7 ? "accuracy" : family));
    return { id, text, figure, verdict: verdictOf(parts.map((p) => p.verdict)), parts };
  });
}

/** Judge the two readings of the paper's contradictory claims about fine-tuning. */
export function judgeContradiction(results: WorldResults, deviation: Deviation = "sample"): Part[] {
  const judge = judgeOf(results, deviation);
  return CONTRADICTION.map((test) => judge(test, "fine-tuning"));
}

/** Verdict of a statement, from the verdicts of its parts. */
export function verdictOf(parts: readonly Verdict[]): Verdict {
  const testable = parts.filter((verdict) => verdict !== "untestable");
  if (testable.length === 0) return "untestable";
  if (testable.includes("contradicted")) return "contradicted";
  return testable.every((verdict) => verdict === "supported") ? "supported" : "undecided";
}

/** Rows that a statement is about: a task family, all tasks, or the zero-shot tasks scored by accuracy. */
type Scope = TaskFamily | "all" | "accuracy";

const SCOPES: Readonly<Record<Scope, (row: ScoreRow) => boolean>> = {
  "fine-tuning": (row) => row.family === "fine-tuning",
  "zero-shot": (row) => row.family === "zero-shot",
  all: () => true,
  accuracy: (row) => row.family === "zero-shot" && row.metric === "accuracy",
};

function judgeOf(results: WorldResults, deviation: Deviation): (test: PartTest, scope: Scope) => Part {
  const { rows, baselines, seeds } = results;
  const repeated = results.partialRuns.length === 0 ? [] : rowsOfEverySeed(results);
  const known = new Map<string, Evidence>();
  /** Evidence of one seed, or of the means over all seeds (null). */
  const evidenceOf = (scope: Scope, seed: number | null): Evidence => {
    const name = `${scope}/${seed ?? "mean"}`;
    const chosen = rows.filter((row) => SCOPES[scope](row) && (seed === null || row.seed === seed));
    const evidence = known.get(name) ?? new Evidence({ rows: chosen, baselines, models: MODELS, deviation, name });
    known.set(name, evidence);
    return evidence;
  };
  /** Evidence of one seed, with the models and tasks that every seed has. */
  const evidenceOfSome = (scope: Scope, seed: number): Evidence => {
    const chosen = repeated.filter((row) => SCOPES[scope](row) && row.seed === seed);
    const models = [...new Set(chosen.map(({ model, variant }) => runLabel(model, variant)))];
    return new Evidence({ rows: chosen, baselines, models, deviation, name: `${scope}/${seed}/some` });
  };
  return (test, scope) => {
    const quantity = test.quantity(evidenceOf(scope, null));
    const factor = test.unit === "points" ? 100 : 1;
    const ofSeeds = seeds.map((seed) => factor * test.quantity(evidenceOf(scope, seed)).value);
    const positive = ofSeeds.filter((one) => one > 0).length;
    const seedValues =
      test.ofSomeModels === true && repeated.length > 0
        ? [...new Set(repeated.map(({ seed }) => seed as number))].map(
            (seed) => factor * test.quantity(evidenceOfSome(scope, seed)).value,
          )
        : ofSeeds;
    const value = factor * quantity.value;
    const interval: [number, number] | null = Number.isNaN(value)
      ? null
      : [factor * quantity.low(TAIL), factor * quantity.high(TAIL)];
    return {
      claim: test.claim,
      measure: test.measure,
      unit: test.unit,
      value,
      interval,
      verdict: test.judged === false ? "untestable" : verdictBy(interval),
      seeds: seeds.length === 0 || interval === null ? "–" : `${positive} of ${seeds.length}`,
      seedValues,
    };
  };
}

/** One tail of a two-sided 95 % interval. */
const TAIL = 0.025;

function verdictBy(interval: readonly [number, number] | null): Verdict {
  if (interval === null) return "untestable";
  if (interval[0] > 0) return "supported";
  return interval[1] < 0 ? "contradicted" : "undecided";
}

/** The verdicts in one table. */
export function verdictRows(judged: readonly Judged[]): Record<string, unknown>[] {
  return judged.map((j) => ({ statement: j.id, figure: j.figure, "in our words": j.text, verdict: j.verdict }));
}

/** The parts of some statements, one per row. */
export function partRows(parts: readonly Part[]): Record<string, unknown>[] {
  return parts.map((p) => ({
    part: p.claim,
    "positive if it holds": p.measure,
    unit: UNITS[p.unit],
    value: Number.isNaN(p.value) ? null : p.value,
    "95 % from": p.interval?.[0],
    "95 % to": p.interval?.[1],
    verdict: p.verdict,
    "seeds above zero": p.seeds,
  }));
}

export const UNITS: Readonly<Record<Part["unit"], string>> = {
  z: "standard deviations",
  points: "percentage points",
  percent: "% of variance",
};

/** The parts of the statements `from` to `to`, each with its statement's number. */
export function numberedParts(judged: readonly Judged[], from: number, to: number): Record<string, unknown>[] {
  return judged
    .filter((j) => j.id >= from && j.id <= to)
    .flatMap((j) => partRows(j.parts).map((row) => ({ statement: j.id, ...row })));
}
