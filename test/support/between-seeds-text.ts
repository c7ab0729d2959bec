/**
 * @file The part of README.md about the study's seeds, computed from the results: a table of scores and differences, and the
 * sentences below it.
 */

import {
  differenceName,
  type SeedDifference,
  type SeedScore,
  seedDifferences,
  seedScores,
} from "../../src/claims/between-seeds";
import { seedCount, seedsForDifferences } from "../../src/claims/seeds-needed";
import type { WorldResults } from "../../src/results/open-results";

/** The model whose scores are in the table. */
const BASE = "wide base";

/** The first words of the part. */
export const HEADING = "**Real text, between seeds**";

/** @returns the part as Markdown; null if no model of the study has two seeds */
export function betweenSeedsText(study: WorldResults, paper: WorldResults): string | null {
  const [scores, differences] = [seedScores(study), seedDifferences(study)];
  if (differences.length === 0) return null;
  const models = [...new Set(scores.map(({ model }) => model))];
  const seeds = [...new Set(scores.flatMap((score) => score.seeds))];
  const [first, ...further] = seeds;
  const intro =
    `${HEADING}: ${listed(models)}, trained again with ${further.length === 1 ? "seed" : "seeds"} ${listed(further)} and scored ` +
    `zero-shot. A seed changes the split of the text, the tokenizer, the choice of pairs, the first weights and the order of ` +
    `training. The score of ${BASE}: mean ± standard deviation over the seeds ([notebook 07](notebooks/07-paper-side-by-side.ipynb) has ` +
    `the others). Differences are taken within a seed: mean, and Student's 95 % interval over the seeds; all seeds answer the ` +
    `same items. The table above shows seed ${first}.`;
  const base = scores.filter(({ model }) => model === BASE);
  return [wrapped(intro), table(base, differences), wrapped(sentences(differences, paper))].join("\n\n");
}

/** The sentence for README's summary: what tuning on both sources changes, over the seeds; null without several seeds. */
export function summaryText(study: WorldResults): string | null {
  const changes = ["BLiMP", "entity tracking"].flatMap((task) =>
    seedDifferences(study).filter((d) => d.task === task && differenceName(d) === "wide merged − base"),
  );
  const spread = seedScores(study).find(({ task, model }) => task === "entity tracking" && model === "wide base");
  if (changes.length < 2 || spread === undefined) return null;
  const [blimp, entities] = changes.map(
    (d) => `${number(d.mean, d)} points (${number(d.low, d)} to ${number(d.high, d)})`,
  );
  return (
    `Over the seeds ${listed(changes[0].seeds)} merged minus base is ${blimp} on BLiMP and ${entities} on entity tracking, ` +
    `with intervals over seeds. Between seeds the standard deviation of wide base on entity tracking is ` +
    `${number(spread.deviation, spread)} points; the verdicts are seed ${changes[0].seeds[0]}'s.`
  );
}

function table(base: readonly SeedScore[], differences: readonly SeedDifference[]): string {
  const comparisons = [...new Set(differences.map(differenceName))];
  const most = Math.max(...differences.map(({ seeds }) => seeds.length));
  const rows = [...new Set(differences.map(({ task }) => task))].map((task) => {
    const own = differences.filter((d) => d.task === task);
    const score = base.find((one) => one.task === task);
    const level =
      score === undefined ? "–" : `${number(score.mean, score)} ± ${number(score.deviation, score)}${few(score, most)}`;
    const compared = comparisons.map((name) => {
      const d = own.find((one) => differenceName(one) === name);
      return d === undefined
        ? "–"
        : `${number(d.mean, d)} (${number(d.low, d)} to ${number(d.high, d)})${few(d, most)}`;
    });
    return [`${task}${SUFFIX[own[0].unit]}`, level, ...compared];
  });
  const lines = [["", BASE, ...comparisons], Array(2 + comparisons.length).fill("---"), ...rows];
  return lines.map((line) => `| ${line.join(" | ")} |`.replace("|  |", "| |")).join("\n");
}

const SUFFIX: Readonly<Record<string, string>> = {
  "percentage points": "",
  correlation: ", ρ",
  "% of variance": ", % variance",
};

/** Points with one digit, correlations with two, variance with three, because its differences are that small. */
const number = (value: number, { unit }: { unit: string }) => {
  const text = value.toFixed(unit === "percentage points" ? 1 : unit === "correlation" ? 2 : 3);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
};

/** Number of seeds, where it is smaller than elsewhere. */
const few = ({ seeds }: { seeds: readonly number[] }, most: number) =>
  seeds.length === most ? "" : `, ${seeds.length} seeds`;

function sentences(differences: readonly SeedDifference[], paper: WorldResults): string {
  const clear = differences.filter(({ verdict }) => verdict !== "undecided");
  const named = clear.map((d) => `${d.task}, ${differenceName(d)}`);
  const chance = (0.05 * differences.length).toFixed(1);
  const excluded =
    `Of ${differences.length} intervals over seeds ${clear.length === 0 ? "none excludes" : clear.length === 1 ? "one excludes" : `${clear.length} exclude`} zero` +
    `${clear.length === 0 ? "" : ` (${named.join("; ")})`}; ${chance} would by chance alone.`;
  const needed = seedsForDifferences(paper, differences)
    .filter(({ task }) => task === "BLiMP")
    .map((d) => `${seedCount(d.seeds)} for ${differenceName(d)} (${number(d.effect, d)} points)`);
  const power =
    needed.length === 0
      ? ""
      : ` With this spread, the seeds that a t-test at 5 % needs to find the paper's differences on BLiMP with a probability of 80 %: ` +
        `${listed(needed)}. [Notebook 07](notebooks/07-paper-side-by-side.ipynb) has the other tasks and statements.`;
  return excluded + power;
}

const listed = (items: readonly unknown[]) => items.join(", ").replace(/, ([^,]*)$/, " and $1");

/** Lines of at most 130 characters. */
function wrapped(text: string): string {
  return text.replace(/(.{1,130})(?:\s+|$)/g, "$1\n").trimEnd();
}
