/** @file The folders of one reproduction: data, large run files, small committed results. */

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
  /** The pipeline's evaluation sets: all items, or the fast subsets. */
  suite: Suite;
  /** Folder of the text and of `evaluation_data/`. */
  dataFolder: string;
  /** Folder of checkpoints, tokenizers and predictions; git-ignored, can be recomputed. */
  runsFolder: string;
  /** Folder of the summaries that figures and notebooks read; small, committed. */
  resultsFolder: string;
}

export interface WorkspaceOptions {
  scale: Scale;
  seed: number;
  suite: Suite;
  /** A folder of real data; null for the sample world. */
  data: string | null;
  /**
   * Replaces `data/results/<world>` (at a scale of the study: `data/results/<scale>`), for a trial, a second seed, or a test.
   */
  results: string | null;
  /** Replaces `data/runs/<world>-<scale>`. */
  runs: string | null;
}

/** @throws Error if the data folder does not exist, naming its expected content */
export function openWorkspace(root: string, options: WorkspaceOptions): Workspace {
  const world = options.data === null ? "sample" : "real";
  const dataFolder = path.resolve(options.data ?? path.join(root, "data", "sample"));
  if (!fs.existsSync(dataFolder)) {
    throw new Error(
      `${dataFolder}: no such folder; want one with BabyLM text (*.train files) and evaluation_data/, ` +
        `or omit --data to use the sample world`,
    );
  }
  const name = options.scale.startsWith("study") && world === "real" ? options.scale : world;
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

/** The pipeline's seed [pipeline finetune/utils.py]; the paper does not give one. */
export const DEFAULT_SEED = 42;

/** Cleaned documents and instruction pairs, shared by all models. */
export const preparedFolder = (workspace: Workspace) => path.join(workspace.runsFolder, "prepared");
/** A shape's tokenizer, shared by all of its runs. */
export const tokenizerFolder = (workspace: Workspace, model: ModelName) =>
  path.join(workspace.runsFolder, `${model}-tokenizer`);
/** All large files of one run. */
export const runFolder = (workspace: Workspace, runId: string) => path.join(workspace.runsFolder, runId);
/** A Hugging Face folder: config, weights, tokenizer. */
export const modelFolder = (workspace: Workspace, runId: string) => path.join(runFolder(workspace, runId), "model");
/** The small committed results of one run. */
export const resultFolder = (workspace: Workspace, runId: string) => path.join(workspace.resultsFolder, runId);
