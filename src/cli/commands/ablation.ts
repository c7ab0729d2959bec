/**
 * @file `class-it ablation`: train two tokenizers by two shapes on real text and test two possible causes of the
 * paper's numbers: whether the gap in reading scores follows the tokenizer or the size, and what first-token pooling
 * does.
 */

import * as path from "node:path";
import type { Command } from "commander";
import { judgeAblation } from "../../claims/ablation";
import { staleBaselines } from "../../claims/stale-baselines";
import { SCALES } from "../../experiments/scale";
import { ablationFile } from "../../results/ablation";
import { readPublished } from "../../results/beside-paper";
import { readPaperValues } from "../../results/paper-values";
import { ablationJobs, writeAblation } from "../../stages/ablation";
import { DEFAULT_SEED, openWorkspace } from "../../stages/workspace";
import { initBackend } from "../../tensor";
import { oneOf } from "../../util/check";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { wholeNumber } from "../options";

interface Options {
  data: string;
  scale: string;
  seed: number;
  runs?: string;
  results: string;
  only?: string[];
}

export function register(program: Command): void {
  program
    .command("ablation")
    .description(
      "measure how tokenizer and pooling affect the paper's scores: four models on real text, all else equal",
    )
    .requiredOption(
      "--data <folder>",
      "folder with BabyLM text (*.train) and evaluation_data/ with reading, blimp_fast, glue_filtered",
    )
    .option("--scale <name>", SCALES.join(", "), "small")
    .option("--seed <number>", "seed of every random stream", wholeNumber(), DEFAULT_SEED)
    .option("--runs <folder>", "folder of models and predictions; default data/runs/ablation-<scale>")
    .option("--results <folder>", "folder of ablation.json", path.join(projectRoot(), "data", "results", "ablation"))
    .option("--only <words...>", "run only jobs whose name contains one of these words, such as byte-level")
    .action(ablation);
}

async function ablation(options: Options): Promise<void> {
  const scale = oneOf("scale", options.scale, SCALES);
  const workspace = openWorkspace(projectRoot(), {
    scale,
    seed: options.seed,
    suite: "fast",
    data: options.data,
    runs: options.runs ?? path.join(projectRoot(), "data", "runs", `ablation-${scale}`),
    results: options.results,
  });
  await initBackend();
  const jobs = ablationJobs(workspace);
  const wanted = jobs.filter(({ id }) => id === "prepare" || (options.only ?? [""]).some((word) => id.includes(word)));
  for (const { id, run } of wanted) {
    const progress = startProgress(id, 1);
    await run((share, note) => progress.update(share, note));
    progress.stop();
    writeAblation(workspace);
  }
  const results = writeAblation(workspace);
  for (const { question, answer, sentence } of judgeAblation(results)) {
    process.stdout.write(`${question}\n  ${answer}. ${sentence}\n`);
  }
  const root = projectRoot();
  process.stdout.write(
    `The paper's baselines: ${staleBaselines(readPaperValues(root), readPublished(root)).sentence}\n`,
  );
  process.stdout.write(`results are in ${ablationFile(workspace.resultsFolder)}\n`);
}
