/**
 * @file How many seeds the paper's statements would need: its own effect against the spread between our seeds.
 *
 * Each part of a statement is one number per trained set of models. The paper has one such number; how much it would change
 * with another seed is taken from a world of ours with several seeds. Asked is how many seeds a two-sided t-test at 5 %
 * needs to find an effect of the paper's size in four of five repetitions. Two or three seeds tell a spread badly, so the
 * number is given for the ends of the spread's 95 % interval as well.
 */

import { sampleStandardDeviation } from "simple-statistics";
import { chiSquaredQuantile } from "../stats/chi-squared";
import { runsNeeded } from "../stats/t-test-power";
import type { JudgedWorld } from "./forest-rows";
import { type Part, UNITS } from "./judge-claims";

/** More seeds than anyone trains. */
const MOST = 10_000;

export interface SeedsNeeded {
  statement: number;
  part: string;
  unit: string;
  /** The paper's number: positive where the part holds. */
  effect: number;
  /** Standard deviation between the seeds of the world of ours. */
  spread: number;
  /** Seeds needed for it, `MOST + 1` where ten thousand do not do. */
  seeds: number;
  /** The same for the ends of the 95 % interval of the spread. */
  from: number;
  to: number;
}

/**
 * A row for each part that has a number in the paper and differs between the seeds of the other world. Where all seeds give
 * exactly the same number (a tie that the data force) nothing is learnt about the spread, and there is no row.
 *
 * @param paper - the statements judged on the paper's own numbers
 * @param ours - the same on a world with several seeds
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

/** For a table: numbers above ten thousand as words. */
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
