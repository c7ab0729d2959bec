/** @file Where everything of one reproduction lives: the world's data, the heavy runs, the small committed results. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Scale } from "../experiments/scale";
import type { ModelName } from "../results/schema";
import type { Suite } from "../tasks/index";

export interface Workspace {
  /** `sample` (the generated world) or `real` (a folder that the user gives). */
  world: "sample" | "real";
  scale: Scale;
  seed: number;
  /** Which of the pipeline's evaluation sets: all items, or its fast subsets. */
  suite: Suite;
  /** Holds the text and `evaluation_data/`. */
  dataFolder: string;
  /** Checkpoints, tokenizers, predictions: git-ignored, rebuilt by running again. */
  runsFolder: string;
  /** Summaries that figures and notebooks read: small, committed. */
  resultsFolder: string;
}

export interface WorkspaceOptions {
  scale: Scale;
  seed: number;
  suite: Suite;
  /** A folder of real data; null for the sample world. */
  data: string | null;
  /** Instead of `data/results/<world>` (at scale `study`: `data/results/study`): for a first look, a second seed, a test. */
  results: string | null;
  /** Instead of `data/runs/<world>-<scale>`. */
  runs: string | null;
}

/** @throws Error if the data folder is not there, with what it should hold */
export function openWorkspace(root: string, options: WorkspaceOptions): Workspace {
  const world = options.data === null ? "sample" : "real";
  const dataFolder = path.resolve(options.data ?? path.join(root, "data", "sample"));
  if (!fs.existsSync(dataFolder)) {
    throw new Error(
      `${dataFolder}: no such folder; want one that holds BabyLM text (*.train files) and evaluation_data/, ` +
        `or leave --data out to use the sample world`,
    );
  }
  const name = options.scale === "study" && world === "real" ? "study" : world;
  const seedSuffix = options.seed === DEFAULT_SEED ? "" : `-seed-${options.seed}`;
  return {
    world,
    scale: options.scale,
    seed: options.seed,
    suite: options.suite,
    dataFolder,
    runsFolder: path.resolve(options.runs ?? path.join(root, "data", "runs", `${world}-${options.scale}${seedSuffix}`)),
    resultsFolder: path.resolve(options.results ?? path.join(root, "data", "results", `${name}${seedSuffix}`)),
  };
}

/** The pipeline's seed [pipeline finetune/utils.py]; the paper names none. */
export const DEFAULT_SEED = 42;

/** Cleaned documents and instruction pairs, shared by all models. */
export const preparedFolder = (workspace: Workspace) => path.join(workspace.runsFolder, "prepared");
/** A shape's tokenizer, shared by all of its runs. */
export const tokenizerFolder = (workspace: Workspace, model: ModelName) =>
  path.join(workspace.runsFolder, `${model}-tokenizer`);
/** Everything heavy of one run. */
export const runFolder = (workspace: Workspace, runId: string) => path.join(workspace.runsFolder, runId);
/** A Hugging Face folder: config, weights, tokenizer. */
export const modelFolder = (workspace: Workspace, runId: string) => path.join(runFolder(workspace, runId), "model");
/** The small committed results of one run. */
export const resultFolder = (workspace: Workspace, runId: string) => path.join(workspace.resultsFolder, runId);
