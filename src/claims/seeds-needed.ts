/**
 * @file Number of seeds needed to test the paper's statements, from the paper's effect sizes and the spread between our
 * seeds.
 *
 * Each part of a statement is one number per trained set of models. The paper has one such number; its spread over
 * seeds is estimated from one of our worlds with several seeds. The result is the number of seeds with which a
 * two-sided t-test at 5 % finds an effect of the paper's size with power 0.8. Two or three seeds estimate a spread
 * poorly, so the number is also given for both ends of the spread's 95 % interval. The same for single differences of
 * two models on a task, which need no other models.
 */

import { sampleStandardDeviation } from "simple-statistics";
import { runLabel, taskLabel } from "../results/labels";
import type { WorldResults } from "../results/open-results";
import { chiSquaredQuantile } from "../stats/chi-squared";
import { runsNeeded } from "../stats/t-test-power";
import { differenceName, type SeedDifference } from "./between-seeds";
import type { JudgedWorld } from "./forest-rows";
import { UNITS } from "./judge-claims";

/** Largest number of seeds that is searched. */
const MOST = 10_000;
/** A smaller spread is rounding: the seeds gave the same number. */
const LEAST_SPREAD = 1e-9;

interface Needed {
  /** The paper's number. */
  effect: number;
  unit: string;
  /** Standard deviation between our seeds. */
  spread: number;
  /** Number of seeds that the spread was computed from. */
  spreadSeeds: number;
  /** Seeds needed; `MOST + 1` if ten thousand are not enough, infinite for no effect. */
  seeds: number;
  /** The same, for the lower and the upper end of the spread's 95 % interval. */
  from: number;
  to: number;
}

export interface SeedsNeeded extends Needed {
  statement: number;
  part: string;
  /** The world whose seeds give the spread, by its name in legends. */
  spreadFrom: string;
}

/** "`first` is above `second` on `task`", with the paper's difference as the effect. */
export interface SeedsForDifference extends Needed {
  task: string;
  first: string;
  second: string;
}

/**
 * A row for each part that has a number in the paper and differs between the seeds of one of the worlds. If all seeds
 * give exactly the same number, the spread is unknown.
 *
 * @param paper - the statements judged on the paper's own numbers
 * @param worlds - the statements judged on our worlds; the first one with a spread for a part is taken
 */
export function seedsNeeded(paper: JudgedWorld, worlds: readonly JudgedWorld[]): SeedsNeeded[] {
  return paper.judged.flatMap(({ id, parts }) =>
    parts.flatMap((part) => {
      const spreads = worlds.map(({ series, judged }) => {
        const same = judged.find((one) => one.id === id)?.parts.find(({ claim }) => claim === part.claim);
        const values = same?.seedValues.filter(Number.isFinite) ?? [];
        return { series, spread: values.length < 2 ? 0 : sampleStandardDeviation(values), seeds: values.length };
      });
      const first = spreads.find(({ spread }) => spread > LEAST_SPREAD);
      if (!Number.isFinite(part.value) || first === undefined) return [];
      const needed = neededFor(part.value, UNITS[part.unit], first.spread, first.seeds);
      return [{ statement: id, part: part.claim, spreadFrom: first.series, ...needed }];
    }),
  );
}

/**
 * A row for each difference that the paper has in the same metric. Reading is left out: the wide models' scores are near
 * zero, the paper's and ours, and so is their spread.
 *
 * @param paper - the paper's own numbers
 * @param differences - ours, by seed
 */
export function seedsForDifferences(paper: WorldResults, differences: readonly SeedDifference[]): SeedsForDifference[] {
  return differences.flatMap(({ task, metric, unit, first, second, deviation, seeds }) => {
    const scoreOf = (model: string) =>
      paper.rows.find(
        (row) => taskLabel(row.task) === task && row.metric === metric && runLabel(row.model, row.variant) === model,
      );
    if (metric === "variance_explained_percent") return [];
    const [own, other] = [scoreOf(first), scoreOf(second)];
    if (own === undefined || other === undefined || !(deviation > LEAST_SPREAD)) return [];
    const effect = (own.value - other.value) * (unit === "percentage points" ? 100 : 1);
    return [{ task, first, second, ...neededFor(effect, unit, deviation, seeds.length) }];
  });
}

function neededFor(effect: number, unit: string, spread: number, spreadSeeds: number): Needed {
  const df = spreadSeeds - 1;
  const at = (sd: number) => runsNeeded(effect / sd, undefined, MOST);
  const end = (p: number) => spread * Math.sqrt(df / chiSquaredQuantile(p, df));
  return { effect, unit, spread, spreadSeeds, seeds: at(spread), from: at(end(0.975)), to: at(end(0.025)) };
}

/** Rows for a table, with numbers above ten thousand as words. */
export function seedsNeededRows(rows: readonly SeedsNeeded[]): Record<string, unknown>[] {
  return rows.map((row) => ({
    statement: row.statement,
    part: row.part,
    ...cells(row),
    "spread from": `${row.spreadFrom}, ${row.spreadSeeds} seeds`,
  }));
}

/** Rows for a table, with numbers above ten thousand as words. */
export function seedsForDifferenceRows(rows: readonly SeedsForDifference[]): Record<string, unknown>[] {
  return rows.map((row) => ({
    task: row.task,
    difference: differenceName(row),
    ...cells(row),
  }));
}

/** A number of seeds in words. */
export function seedCount(seeds: number): string {
  return seeds > MOST ? "over 10,000" : seeds.toLocaleString("en");
}

function cells(row: Needed): Record<string, unknown> {
  return {
    "the paper's number": row.effect,
    "spread between our seeds": row.spread,
    unit: row.unit,
    "seeds needed": seedCount(row.seeds),
    "with the spread at the ends of its interval": `${seedCount(row.from)} to ${seedCount(row.to)}`,
  };
}
