/**
 * @file Tests whether the paper's baseline scores come from a table that was later withdrawn.
 *
 * The README of the BabyLM organisers had a table of baselines in May 2025 and later hid it; other papers print later
 * values of the same models. The figure's bar heights may all be off by one common amount, because the zero line was
 * read from pixels. So for each of the two tables the median difference of a panel is subtracted first. The remaining
 * difference is compared with the reading error.
 */

import {
  inOurMetric,
  isWithdrawn,
  PUBLISHED_ACCURACY_OF_OLD_WUG_LABELS,
  type PublishedRow,
} from "../results/beside-paper";
import type { PaperValues } from "../results/paper-values";
import { median } from "../stats/quantile";

/** A baseline's zero-shot score in the paper's figure 4 beside the published ones; percent. */
export interface BaselineRow {
  baseline: string;
  task: string;
  figure: number;
  withdrawn: number | null;
  /** The later value nearest to the figure. */
  later: number | null;
  /** Differences after the common offset is subtracted; null if there is no value. */
  fromWithdrawn: number | null;
  fromLater: number | null;
}

export interface StaleBaselines {
  rows: BaselineRow[];
  /** Common offsets that were subtracted, per panel and table. */
  offsets: { panel: "accuracy" | "reading"; withdrawn: number; later: number }[];
  /** Number of rows with both values; then how many agree with each table within the reading error. */
  compared: number;
  agreeWithWithdrawn: number;
  agreeWithLater: number;
  verdict: "withdrawn table" | "later values" | "undecided";
  sentence: string;
}

/** Bar heights are known to a tenth of a point. */
const READING_ERROR = 0.1;

/** The published names of the paper's baselines. */
const PUBLISHED_NAMES: Readonly<Record<string, { name: string; published: readonly string[] }>> = {
  "bl_gpt2-100M": { name: "GPT-2", published: ["gpt2-small-100m"] },
  "bl_gptbertmixed-100M": {
    name: "GPT-BERT mixed",
    published: ["gpt-bert-mixed-100m (causal backend)", "gpt-bert-mixed-100m (mntp backend)"],
  },
  bl_simpo: { name: "SimPO", published: ["interaction-simpo"] },
};

export function staleBaselines({ tasks, values }: PaperValues, published: readonly PublishedRow[]): StaleBaselines {
  const zeroShot = tasks.filter(({ family }) => family === "zero-shot").map(({ task }) => task);
  const raw = Object.entries(PUBLISHED_NAMES).flatMap(([poster, { name, published: names }]) =>
    zeroShot.map((task) => {
      const value = values.find((v) => v.task === task && v.model === poster);
      if (value === undefined) throw new Error(`staleBaselines: no value of ${poster} on ${task}`);
      const figure = percent(task, value.value);
      const nearest = (rows: readonly PublishedRow[]) => {
        const numbers = rows.flatMap((row) => sameMetric(row, task) ?? []);
        return numbers.sort((a, b) => Math.abs(a - figure) - Math.abs(b - figure))[0] ?? null;
      };
      const own = published.filter((row) => names.includes(row.model) && row.task === task);
      return {
        baseline: name,
        task,
        figure,
        withdrawn: nearest(own.filter(isWithdrawn)),
        later: nearest(own.filter((row) => !isWithdrawn(row))),
      };
    }),
  );
  const offsets = (["accuracy", "reading"] as const).map((panel) => {
    const own = raw.filter(({ task }) => panelOf(task) === panel);
    const common = (pick: (row: (typeof raw)[number]) => number | null) =>
      median(own.flatMap((row) => (pick(row) === null ? [] : [row.figure - (pick(row) as number)])));
    return { panel, withdrawn: common((row) => row.withdrawn), later: common((row) => row.later) };
  });
  const rows = raw.map((row): BaselineRow => {
    const offset = offsets.find(({ panel }) => panel === panelOf(row.task)) ?? offsets[0];
    const from = (value: number | null, common: number) => (value === null ? null : row.figure - value - common);
    return {
      ...row,
      fromWithdrawn: from(row.withdrawn, offset.withdrawn),
      fromLater: from(row.later, offset.later),
    };
  });
  const both = rows.filter((row) => row.fromWithdrawn !== null && row.fromLater !== null);
  const agreeing = (pick: (row: BaselineRow) => number | null) =>
    both.filter((row) => Math.abs(pick(row) ?? Number.POSITIVE_INFINITY) <= READING_ERROR).length;
  const agreeWithWithdrawn = agreeing((row) => row.fromWithdrawn);
  const agreeWithLater = agreeing((row) => row.fromLater);
  const most = 0.75 * both.length;
  const verdict =
    agreeWithWithdrawn >= most && agreeWithLater < most
      ? "withdrawn table"
      : agreeWithLater >= most && agreeWithWithdrawn < most
        ? "later values"
        : "undecided";
  const sentence =
    `Of ${both.length} baseline scores with both values, ${agreeWithWithdrawn} agree with the withdrawn table within ` +
    `${READING_ERROR} points and ${agreeWithLater} with the later values; verdict: ${verdict}.`;
  return { rows, offsets, compared: both.length, agreeWithWithdrawn, agreeWithLater, verdict, sentence };
}

const panelOf = (task: string) => (task.startsWith("reading") ? "reading" : "accuracy");

/** Fractions to percent; variance explained is in percent already. */
const percent = (task: string, value: number) => (panelOf(task) === "reading" ? value : 100 * value);

/**
 * A published value in percent, or null if its metric differs from the figure's (WUG: accuracy instead of a
 * correlation).
 */
function sameMetric(row: PublishedRow, task: string): number | null {
  if (row.metric === PUBLISHED_ACCURACY_OF_OLD_WUG_LABELS) return row.value;
  const ours = inOurMetric(row);
  const wanted = panelOf(task) === "reading" ? "variance_explained_percent" : "accuracy";
  return ours?.metric === wanted ? Number(percent(task, ours.value).toFixed(4)) : null; // 51.79, not 51.790000000000006
}
