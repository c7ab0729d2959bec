/**
 * @file The size of the instruction data according to the paper, the poster, the published data set and our own build.
 *
 * The sources do not agree, and none is corrected here. Consistent: 38,802 Switchboard pairs (paper and set).
 * Inconsistent: the paper gives 97,697 items and 18M words to Simple Wikipedia, the poster gives the same numbers to
 * both sources together, the set has 91,016 + 38,802 = 129,818 rows; and 8.7M words is the portion used (paper), or all
 * (card).
 */

import type { InstructionReport, InstructionSource } from "./instruction-set";

export interface CountRow {
  source: InstructionSource | "both";
  what: "pairs" | "words";
  /** null if that source gives no number. */
  ours: number | null;
  paper: number | null;
  poster: number | null;
  publishedSet: number | null;
}

/** Typed in from the sources named in each column. */
const ACCOUNTS: readonly Omit<CountRow, "ours">[] = [
  // paper: arXiv 2510.25364 §3.2; poster: the authors' poster; set: the data set's card, colinglab/CLASS_IT
  { source: "switchboard", what: "pairs", paper: 38_802, poster: null, publishedSet: 38_802 },
  { source: "switchboard", what: "words", paper: 1_300_000, poster: null, publishedSet: null },
  { source: "simple_wiki", what: "pairs", paper: 97_697, poster: null, publishedSet: 91_016 },
  { source: "simple_wiki", what: "words", paper: 18_000_000, poster: null, publishedSet: null },
  { source: "both", what: "pairs", paper: null, poster: 97_697, publishedSet: 129_818 },
  { source: "both", what: "words", paper: 8_700_000, poster: 18_000_000, publishedSet: null },
];

/** The table with our own counts from a report (training and validation together). */
export function countsBesidePaper(report: Pick<InstructionReport, "counts">): CountRow[] {
  return ACCOUNTS.map((account) => {
    const own = report.counts.filter(({ source }) => account.source === "both" || source === account.source);
    const ours = own.reduce((sum, count) => sum + (account.what === "pairs" ? count.rows : count.words), 0);
    return { ...account, ours };
  });
}
