/**
 * @file All finished runs of one world, as figures and notebooks start from them: `data/results/<world>/`, and
 * `data/results/<world>-seed-<n>/` for further seeds.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../util/project-root";
import { readText } from "../util/text-file";
import { type ScoreRow, scoreRows } from "./frame";
import { type LossRow, readLosses, readSummaries } from "./read";
import type { RunSummary } from "./schema";

/** Lengths in words of the instruction pairs of one source. */
export interface PairLengths {
  source: string;
  prompt: ArrayLike<number>;
  reply: ArrayLike<number>;
}

export interface WorldResults {
  world: string;
  /** For captions: `sample world, scale tiny, seed 42`. */
  source: string;
  /** Of the first seed, in the order of run ids. */
  runs: RunSummary[];
  /** One row a run and task, of every seed. */
  rows: ScoreRow[];
  seeds: number[];
}

/** @throws Error if `data/results/<world>` holds no finished run */
export function openResults(world: string, root = projectRoot()): WorldResults {
  const folder = path.join(root, "data", "results");
  const runs = readSummaries(path.join(folder, world));
  const others = fs
    .readdirSync(folder)
    .filter((name) => new RegExp(`^${world}-seed-\\d+$`).test(name))
    .sort((a, b) => Number(a.split("-seed-")[1]) - Number(b.split("-seed-")[1]))
    .flatMap((name) => readSummaries(path.join(folder, name)));
  const seeds = [...new Set([...runs, ...others].map((r) => r.seed))];
  const scales = [...new Set(runs.map((r) => r.scale))].join(" and ");
  const seedText = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
  return {
    world,
    source: `${world.startsWith("real") ? "real text" : "sample world"}, scale ${scales}, ${seedText}`,
    runs,
    rows: scoreRows([...runs, ...others]),
    seeds,
  };
}

/** The rows of these runs. @throws Error naming a run that has none */
export function onlyRuns(rows: readonly ScoreRow[], runIds: readonly string[]): ScoreRow[] {
  const missing = runIds.find((id) => !rows.some((r) => r.runId === id));
  if (missing !== undefined) {
    throw new Error(`no scores of "${missing}"; one of ${[...new Set(rows.map((r) => r.runId))].join(", ")}`);
  }
  return rows.filter((r) => runIds.includes(r.runId));
}

/** The summary of a run (first seed), for what `ScoreRow` leaves out. @throws Error listing the finished runs */
export function findSummary(results: WorldResults, runId: string): RunSummary {
  const run = results.runs.find((r) => r.runId === runId);
  if (run === undefined) {
    throw new Error(
      `no finished run "${runId}" in the ${results.world} world; one of ${results.runs.map((r) => r.runId).join(", ")}`,
    );
  }
  return run;
}

/** Training losses of a run, at most some 300 rows a stage, each the mean of a window of updates. */
export function lossesOf(world: string, runId: string, root = projectRoot()): LossRow[] {
  return readLosses(path.join(root, "data", "results", world, runId, "losses.csv"));
}

/** @throws Error naming the file and line if it is not the table that preparation writes */
export function pairLengthsOf(world: string, root = projectRoot()): PairLengths[] {
  const file = path.join(root, "data", "results", world, "instruction-lengths.csv");
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
