/**
 * @file Opens all finished runs of one world for figures and notebooks: `data/results/<world>/`, and
 * `data/results/<world>-seed-<n>/` for further seeds.
 *
 * A further seed takes part in means, figures, tables and verdicts only if it has every run and every task of the first
 * seed. Otherwise a mean over seeds would stand beside a single run on one axis. Runs of the other seeds are compared
 * with the same runs of the first seed only (`src/claims/between-seeds.ts`).
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { checkListed } from "../util/manifest";
import { projectRoot } from "../util/project-root";
import { readText } from "../util/text-file";
import { baselineScores, type PublishedScore, readPublished } from "./beside-paper";
import { RUN_INTERVALS, type ScoreRow, scoreRows } from "./frame";
import { itemInterval, type PaperTask, paperBaselines, paperRuns, readPaperValues } from "./paper-values";
import { hasFinishedRun, type LossRow, REMEDY, readLosses, readSummaries } from "./read";
import { requireSameText } from "./same-text";
import type { RunSummary } from "./schema";

/** Lengths in words of the instruction pairs of one source. */
export interface PairLengths {
  source: string;
  prompt: ArrayLike<number>;
  reply: ArrayLike<number>;
}

export interface WorldResults {
  world: string;
  /** Source for captions: `sample world, scale tiny, seed 42`. */
  source: string;
  /** Source for captions of figures drawn from the first seed only (lengths, losses). */
  firstSeedSource: string;
  /** Source for captions of comparisons between seeds, which `partialRuns` take part in: `..., seeds 42, 43 and 44`. */
  everySeedSource: string;
  /** Description of a single run's interval, for captions. */
  intervals: string;
  /** Runs of the first seed, in the order of run ids. */
  runs: RunSummary[];
  /** Of every seed that has all runs and tasks of the first; the first one's before the others'. */
  allRuns: RunSummary[];
  /** Of further seeds that lack a run or a task of the first: for comparisons between seeds only. */
  partialRuns: RunSummary[];
  /** Controls that the paper does not have, of the seeds of `allRuns`. They take no part in the z-scores of the eight models. */
  controls: RunSummary[];
  /** One row per run and task of `allRuns`. */
  rows: ScoreRow[];
  /** Seeds of `allRuns`. */
  seeds: number[];
  /**
   * The paper's three baselines, if they were scored on the same benchmarks by the same rules: for the paper's figures,
   * and for real text under protocol 2025.
   */
  baselines: PublishedScore[];
}

/**
 * Open the finished runs of a world. The world `paper` has the paper's own numbers, read from the authors' poster: eight models
 * without seeds, which are drawn and judged like ours.
 *
 * @throws Error if `data/results/<world>` has no finished run, runs of two protocols, or a seed trained on other text
 */
export function openResults(world: string, root = projectRoot()): WorldResults {
  if (world === "paper") return openPaper(root);
  const folder = path.join(root, "data", "results");
  const isControl = ({ variant }: RunSummary) => variant === "more-pretraining";
  const firstSeed = readSummaries(path.join(folder, world));
  const runs = firstSeed.filter((run) => !isControl(run));
  if (runs.length === 0)
    throw new Error(`${path.join(folder, world)}: has no run but a control; run "npm run reproduce"`);
  const others = fs
    .readdirSync(folder)
    .filter((name) => new RegExp(`^${world}-seed-\\d+$`).test(name))
    .sort((a, b) => Number(a.split("-seed-")[1]) - Number(b.split("-seed-")[1]))
    .filter((name) => hasFinishedRun(path.join(folder, name))) // a seed in training has none yet
    .map((name) => {
      requireSameText(path.join(folder, world), path.join(folder, name));
      return readSummaries(path.join(folder, name));
    });
  const complete = others.filter((ofSeed) => hasAllOf(runs, ofSeed));
  const all = [...runs, ...complete.flat().filter((run) => !isControl(run))];
  const seeds = [...new Set(all.map((r) => r.seed))].filter((seed) => seed !== null);
  const partial = others.filter((ofSeed) => !complete.includes(ofSeed)).flat();
  const everySeed = [...new Set([...all, ...partial].map((r) => r.seed))];
  const scales = [...new Set(runs.map((r) => r.scale))].join(" and ");
  const real = runs.some((run) => run.world === "real"); // the world `study` is real text too
  const rows = scoreRows(all);
  const [{ protocol }] = all;
  const rules = protocol === "2025" ? "" : `, protocol ${protocol}`;
  const isOfQuestions = all.some(
    (r) => !["base", "more-pretraining", "switch"].includes(r.variant) && r.promptForm === "question",
  );
  const place = `${real ? "real text" : "sample world"}, scale ${scales}${rules}`;
  const prompts = isOfQuestions ? "; wiki prompts: the question without the article" : "";
  return {
    world,
    source: `${place}, ${seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`}${prompts}`,
    firstSeedSource: `${place}, seed ${seeds[0]}${prompts}`,
    everySeedSource: `${place}, ${everySeed.length === 1 ? "seed" : "seeds"} ${listed(everySeed)}${prompts}`,
    intervals: RUN_INTERVALS,
    runs,
    allRuns: all,
    partialRuns: partial,
    controls: [...firstSeed, ...complete.flat()].filter(isControl),
    rows,
    seeds,
    // published scores follow the rules of 2025
    baselines:
      real && protocol === "2025"
        ? withItemIntervals(baselineScores(readPublished(root)), readPaperValues(root).tasks)
        : [],
  };
}

/** Whether a further seed has every run and every task of the first one. */
function hasAllOf(first: readonly RunSummary[], further: readonly RunSummary[]): boolean {
  return first.every(({ runId, scores }) => {
    const same = further.find((run) => run.runId === runId)?.scores ?? [];
    return scores.every(({ task }) => same.some((score) => score.task === task));
  });
}

/** `42`, `42 and 43`, `42, 43 and 44`. */
const listed = (items: readonly unknown[]) => items.join(", ").replace(/, ([^,]*)$/, " and $1");

const PAPER_SOURCE = "the paper's own numbers, read from the authors' poster; wide is llama140M, narrow llama100M";

function openPaper(root: string): WorldResults {
  const values = readPaperValues(root);
  const runs = paperRuns(values);
  return {
    world: "paper",
    source: PAPER_SOURCE,
    firstSeedSource: PAPER_SOURCE,
    everySeedSource: PAPER_SOURCE,
    intervals: "95 % intervals over items, from score and number of items",
    runs,
    allRuns: runs,
    partialRuns: [],
    controls: [],
    rows: scoreRows(runs),
    seeds: [],
    baselines: paperBaselines(values),
  };
}

/** Published scores of tasks with known items, with intervals computed from the number of items. */
function withItemIntervals(scores: readonly PublishedScore[], tasks: readonly PaperTask[]): PublishedScore[] {
  return scores.map((score) => {
    const task = tasks.find((t) => t.task === score.task && t.metric === score.metric);
    return task === undefined ? score : { ...score, interval: itemInterval(task, score.value) };
  });
}

/** Select the rows of these runs. @throws Error naming a run that has none */
export function onlyRuns(rows: readonly ScoreRow[], runIds: readonly string[]): ScoreRow[] {
  const missing = runIds.find((id) => !rows.some((r) => r.runId === id));
  if (missing !== undefined) {
    throw new Error(`no scores of "${missing}"; one of ${[...new Set(rows.map((r) => r.runId))].join(", ")}`);
  }
  return rows.filter((r) => runIds.includes(r.runId));
}

/** The summary of a run (first seed), for data that `ScoreRow` leaves out. @throws Error listing the finished runs */
export function findSummary(results: WorldResults, runId: string): RunSummary {
  const run = results.runs.find((r) => r.runId === runId);
  if (run === undefined) {
    throw new Error(
      `no finished run "${runId}" in the ${results.world} world; one of ${results.runs.map((r) => r.runId).join(", ")}`,
    );
  }
  return run;
}

/** Training losses of a run: at most about 300 rows per stage, each the mean over a window of updates. */
export function lossesOf(world: string, runId: string, root = projectRoot()): LossRow[] {
  if (world === "paper") throw new Error("the paper gives no losses; choose a world of data/results");
  return readLosses(path.join(root, "data", "results", world, runId, "losses.csv"));
}

/**
 * Prompt and reply lengths of the instruction pairs of a world, by source.
 *
 * @throws Error naming the file and line if it is not the table written by the preparation
 */
export function pairLengthsOf(world: string, root = projectRoot()): PairLengths[] {
  if (world === "paper") throw new Error("the paper gives no lengths of single pairs; choose a world of data/results");
  const file = path.join(root, "data", "results", world, "instruction-lengths.csv");
  checkListed(file, REMEDY);
  const [header, ...lines] = readText(file).trimEnd().split("\n");
  if (header !== "source,promptWords,replyWords") {
    throw new Error(`${file}:1: want the columns source,promptWords,replyWords, got "${header.slice(0, 80)}"`);
  }
  const bySource = new Map<string, { prompt: number[]; reply: number[] }>();
  lines.forEach((line, i) => {
    const [source, prompt, reply, ...rest] = line.split(",");
    if (!(Number(prompt) >= 0) || !(Number(reply) >= 0) || rest.length > 0) {
      throw new Error(`${file}:${i + 2}: want a source and two lengths, got "${line.slice(0, 80)}"`);
    }
    const lengths = bySource.get(source) ?? { prompt: [], reply: [] };
    lengths.prompt.push(Number(prompt));
    lengths.reply.push(Number(reply));
    bySource.set(source, lengths);
  });
  return [...bySource].map(([source, lengths]) => ({ source, ...lengths }));
}
