/** @file All parts of all statements, judged on several worlds, as rows of one forest plot. */

import type { WorldResults } from "../results/open-results";
import { type Claims, type Judged, judgeClaims, judgeContradiction, type Part, UNITS } from "./judge-claims";

/** One world's judgements with its name in the figure's legend. */
export interface JudgedWorld {
  series: string;
  /** Where the numbers come from, for captions. */
  source: string;
  judged: readonly Judged[];
  contradiction: readonly Part[];
}

/** @param series - the world's name in the legend */
export function judgeWorld(series: string, results: WorldResults, claims: Claims): JudgedWorld {
  return {
    series,
    source: results.source,
    judged: judgeClaims(results, claims),
    contradiction: judgeContradiction(results),
  };
}

/** A row per part and world, in the order of the statements; the contradiction's parts come last. */
export function forestRows(worlds: readonly JudgedWorld[]) {
  return worlds
    .flatMap(({ series, judged, contradiction }) => [
      ...judged.flatMap(({ id, parts }) =>
        parts.map((part, i) => ({ order: 100 * id + i, group: String(id), part, series })),
      ),
      ...contradiction.map((part, i) => ({ order: 1e6 + i, group: "≠", part, series })),
    ])
    .sort((a, b) => a.order - b.order)
    .map(({ group, part, series }) => ({
      group,
      label: part.claim,
      unit: UNITS[part.unit],
      series,
      value: part.value,
      low: part.interval?.[0] ?? Number.NaN,
      high: part.interval?.[1] ?? Number.NaN,
      verdict: part.verdict,
    }));
}

/** Number of parts that each world supports, contradicts, leaves undecided and cannot test. */
export function verdictCounts(worlds: readonly JudgedWorld[]): Record<string, unknown>[] {
  return worlds.map(({ series, judged }) => {
    const parts = judged.flatMap((j) => j.parts);
    const count = (verdict: Part["verdict"]) => parts.filter((p) => p.verdict === verdict).length;
    return {
      numbers: series,
      parts: parts.length,
      supported: count("supported"),
      contradicted: count("contradicted"),
      undecided: count("undecided"),
      untestable: count("untestable"),
    };
  });
}
