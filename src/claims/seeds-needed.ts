/**
 * @file Number of seeds needed to test the paper's statements, from the paper's effect sizes and the spread between our
 * seeds.
 *
 * Each part of a statement is one number per trained set of models. The paper has one such number; its spread over
 * seeds is estimated from one of our worlds with several seeds. The result is the number of seeds with which a
 * two-sided t-test at 5 % finds an effect of the paper's size with power 0.8. Two or three seeds estimate a spread
 * poorly, so the number is also given for both ends of the spread's 95 % interval.
 */

import { sampleStandardDeviation } from "simple-statistics";
import { chiSquaredQuantile } from "../stats/chi-squared";
import { runsNeeded } from "../stats/t-test-power";
import type { JudgedWorld } from "./forest-rows";
import { type Part, UNITS } from "./judge-claims";

/** Largest number of seeds that is searched. */
const MOST = 10_000;

export interface SeedsNeeded {
  statement: number;
  part: string;
  unit: string;
  /** The paper's number; positive if the part holds. */
  effect: number;
  /** Standard deviation between the seeds of our world. */
  spread: number;
  /** Seeds needed; `MOST + 1` if ten thousand are not enough. */
  seeds: number;
  /** The same, for the lower and the upper end of the spread's 95 % interval. */
  from: number;
  to: number;
}

/**
 * A row for each part that has a number in the paper and differs between the seeds of the other world. If all seeds
 * give exactly the same number, the spread is unknown and there is no row.
 *
 * @param paper - the statements judged on the paper's own numbers
 * @param ours - the statements judged on a world with several seeds
 */
export function seedsNeeded(paper: JudgedWorld, ours: JudgedWorld): SeedsNeeded[] {
  return paper.judged.flatMap(({ id, parts }) => {
    const same = ours.judged.find((judged) => judged.id === id)?.parts ?? [];
    return parts.flatMap((part) => {
      const seedValues = same.find(({ claim }) => claim === part.claim)?.seedValues.filter(Number.isFinite) ?? [];
      const spread = seedValues.length < 2 ? 0 : sampleStandardDeviation(seedValues);
      return Number.isFinite(part.value) && spread > 0 ? [rowOf(id, part, spread, seedValues.length)] : [];
    });
  });
}

function rowOf(statement: number, part: Part, spread: number, seeds: number): SeedsNeeded {
  const df = seeds - 1;
  const at = (sd: number) => runsNeeded(part.value / sd, undefined, MOST);
  const end = (p: number) => spread * Math.sqrt(df / chiSquaredQuantile(p, df));
  return {
    statement,
    part: part.claim,
    unit: UNITS[part.unit],
    effect: part.value,
    spread,
    seeds: at(spread),
    from: at(end(0.975)),
    to: at(end(0.025)),
  };
}

/** Rows for a table, with numbers above ten thousand as words. */
export function seedsNeededRows(rows: readonly SeedsNeeded[]): Record<string, unknown>[] {
  const count = (n: number) => (n > MOST ? "over 10,000" : n.toLocaleString("en"));
  return rows.map((row) => ({
    statement: row.statement,
    part: row.part,
    "the paper's number": row.effect,
    "spread between our seeds": row.spread,
    unit: row.unit,
    "seeds needed": count(row.seeds),
    "with the spread at the ends of its interval": `${count(row.from)} to ${count(row.to)}`,
  }));
}
