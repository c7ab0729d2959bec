/**
 * @file Tests whether the paper's baseline scores come from a table that was later withdrawn.
 *
 * The README of the BabyLM organisers had a table of baselines in May 2025 and later hid it; other papers print later
 * values of the same models. Each bar height of the figure is compared with both; a difference within the reading error
 * is an agreement.
 */

import {
  inOurMetric,
  isWithdrawn,
  PUBLISHED_ACCURACY_OF_OLD_WUG_LABELS,
  type PublishedRow,
} from "../results/beside-paper";
import type { PaperValues } from "../results/paper-values";

/** A baseline's zero-shot score in the paper's figure 4 beside the published ones; percent. */
export interface BaselineRow {
  baseline: string;
  task: string;
  figure: number;
  withdrawn: number | null;
  /** The later value nearest to the figure. */
  later: number | null;
  /** Figure minus published value; null if there is no value. */
  fromWithdrawn: number | null;
  fromLater: number | null;
}

export interface StaleBaselines {
  rows: BaselineRow[];
  /** Number of rows with both values; then how many agree with each table, and with both, within the reading error. */
  compared: number;
  agreeWithWithdrawn: number;
  agreeWithLater: number;
  agreeWithBoth: number;
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
  const rows = raw.map((row): BaselineRow => {
    const from = (value: number | null) => (value === null ? null : row.figure - value);
    return { ...row, fromWithdrawn: from(row.withdrawn), fromLater: from(row.later) };
  });
  const both = rows.filter((row) => row.fromWithdrawn !== null && row.fromLater !== null);
  const agrees = (difference: number | null) => difference !== null && Math.abs(difference) <= READING_ERROR;
  const agreeWithWithdrawn = both.filter((row) => agrees(row.fromWithdrawn)).length;
  const agreeWithLater = both.filter((row) => agrees(row.fromLater)).length;
  const agreeWithBoth = both.filter((row) => agrees(row.fromWithdrawn) && agrees(row.fromLater)).length;
  const most = 0.75 * both.length;
  const verdict =
    agreeWithWithdrawn >= most && agreeWithLater < most
      ? "withdrawn table"
      : agreeWithLater >= most && agreeWithWithdrawn < most
        ? "later values"
        : "undecided";
  const sentence =
    `Of ${both.length} baseline scores in the paper's figures that both tables have, ${agreeWithWithdrawn} agree with the withdrawn ` +
    `table within ${READING_ERROR} points and ${agreeWithLater} with the later values (in ${agreeWithBoth} the two tables agree).`;
  return { rows, compared: both.length, agreeWithWithdrawn, agreeWithLater, agreeWithBoth, verdict, sentence };
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
