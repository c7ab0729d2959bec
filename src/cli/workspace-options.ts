/** @file Options that select a reproduction: world, scale, seed, runs, folders. */

import type { Command } from "commander";
import { CONTROL_RUNS, findRun, RUNS, type Run, runsAt } from "../experiments/runs";
import { SCALES } from "../experiments/scale";
import { SUITES } from "../experiments/scoring";
import { DEFAULT_SEED, openWorkspace, type Workspace } from "../stages/workspace";
import { oneOf } from "../util/check";
import { projectRoot } from "../util/project-root";
import { wholeNumber } from "./options";

export interface WorkspaceOptions {
  scale: string;
  data?: string;
  suite?: string;
  run?: string[];
  runs?: string;
  results?: string;
}

/** Add these options to a command. `--seed` is added by `seedOption`, since a sweep has several seeds. */
export function workspaceOptions(command: Command): Command {
  return command
    .option("--scale <name>", SCALES.join(", "), "tiny")
    .option(
      "--data <folder>",
      "real BabyLM text (*.train), evaluation_data/ and, if you have one, an instruction set class-it/; default the sample world",
    )
    .option(
      "--suite <name>",
      "evaluation sets, full or fast; default fast for real data at tiny, small and medium, else full",
    )
    .option(
      "--run <ids...>",
      `only these runs and the stages they start from: ${[...RUNS, ...CONTROL_RUNS].map((run) => run.runId).join(", ")}`,
    )
    .option("--runs <folder>", "checkpoints and predictions; default data/runs/<world>-<scale>")
    .option("--results <folder>", "summaries; default data/results/<world>");
}

export function seedOption(command: Command): Command {
  return command.option("--seed <number>", "seed of every random stream", wholeNumber(), DEFAULT_SEED);
}

/** @throws Error naming the wrong option */
export function workspaceOf(options: WorkspaceOptions, seed: number): Workspace {
  const scale = oneOf("scale", options.scale, SCALES);
  return openWorkspace(projectRoot(), {
    scale,
    seed,
    suite: oneOf("suite", options.suite ?? (options.data === undefined ? "full" : SUITES[scale]), ["full", "fast"]),
    data: options.data ?? null,
    runs: options.runs ?? null,
    results: options.results ?? null,
  });
}

/** The selected runs, by default all of the scale. @throws Error listing the runs, or the scales */
export const runsOf = (options: WorkspaceOptions): readonly Run[] =>
  options.run?.map(findRun) ?? runsAt(oneOf("scale", options.scale, SCALES));
